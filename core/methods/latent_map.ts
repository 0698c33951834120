import type { Spec } from "../contracts/spec.ts";
import { latentMode } from "../inference/latent_mode.ts";
import type { Learned } from "../learning/learned.ts";
import { fold } from "../base/random.ts";
import { LATENT_MAP } from "../plan/effort.ts";
import type { RunContext } from "../store/context.ts";
import { fitOptions } from "./fitted_options.ts";
import type { BaselineMethod } from "./method.ts";

/** The baseline `map`: the most probable latents of the flow. The `target` of the correction selects the prior. */
export function latentModeBaseline(
  { correction }: Spec,
  learned: Learned,
  context: RunContext,
): BaselineMethod {
  const method = "map", { target } = correction;
  return {
    method,
    stage: "fit",
    reads: { target },
    upstream: [learned.trained],
    async estimate({ survey, noise, prior, summary }, observation, key) {
      const { posterior } = await learned.open();
      const problem = { posterior, survey, noise, prior, summary, observation };
      const options = await fitOptions(LATENT_MAP, { map: { kind: "mean" }, target, survey, context });
      return { method, mean: await latentMode(problem, { ...options, key: fold(key, method) }) };
    },
  };
}
