import type { LatentCorrection } from "../contracts/correction.ts";
import type { CorrectionSpec, Declaration } from "../contracts/spec.ts";
import type { CorrectionOptions } from "../inference/correction_task.ts";
import { latentCorrection } from "../inference/fitted_correction.ts";
import type { Problem } from "../inference/simulate.ts";
import { type Fit, wholePasses } from "../plan/effort.ts";
import { build } from "../registry/build.ts";
import type { RunContext } from "../store/context.ts";

/** The options with which a baseline fits a map of latents. The rate falls to a hundredth of its initial value. */
export async function fitOptions(
  fit: Fit,
  { map, survey, context, target = "latent" }: {
    map: Declaration;
    survey: Problem["survey"];
    context: RunContext;
    target?: CorrectionSpec["target"];
  },
): Promise<Omit<CorrectionOptions<LatentCorrection>, "key">> {
  const { rate, samples, gradient } = fit, passes = wholePasses(fit, survey.sources);
  const { registry, signal } = context, none = {};
  const optimizer = { kind: "adam", ...registry.get("optimizer", "adam").schema.parse({ rate }) };
  const settings = {
    ...map,
    target,
    passes,
    samples,
    antithetic: samples > 1,
    gradient,
    encoding: "orthogonal",
    holdout: 0,
    decay: 0.01 ** (1 / passes),
    optimizer,
  } as const;
  return {
    correction: latentCorrection(
      await build(registry, "correction", { declaration: map, context: none }),
    ),
    optimizer: await build(registry, "optimizer", { declaration: optimizer, context: none }),
    settings,
    stepsPerPass: survey.sources,
    signal,
  };
}
