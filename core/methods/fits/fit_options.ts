import type { LatentCorrection } from "../../contracts/correction.ts";
import type { MethodCost } from "../../contracts/method.ts";
import type { CorrectionSpec, Declaration } from "../../contracts/spec.ts";
import type { CorrectionOptions } from "../../inference/correction_task.ts";
import { latentCorrection } from "../../inference/fitted_correction.ts";
import type { Problem } from "../../inference/simulate.ts";
import { build } from "../../registry/build.ts";
import type { RunContext } from "../../store/context.ts";

/** A fit of latents: the number of steps of one encoded source, the initial rate, and the latents per step. */
export interface Fit {
  readonly steps: number;
  readonly rate: number;
  readonly samples: number;
  readonly gradient: "total" | "path";
}

/** The smallest number of whole passes over the sources that contains all steps of a fit. */
function wholePasses({ steps }: Fit, sources: number): number {
  return Math.ceil(steps / sources);
}

/** The cost of a fit to one observation: J and J^T of every latent. */
export function fitCost(fit: Fit, { sources, flow }: { sources: number; flow: boolean }): MethodCost {
  const { samples } = fit, passes = wholePasses(fit, sources);
  return { applications: 2 * samples * passes, fit: { passes, samples, flow } };
}

/** The options of a fit of latents. The rate falls to a hundredth of its initial value. */
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
