import type { Problem } from "../inference/simulate.ts";
import { drawPosterior } from "../inference/draw.ts";
import { fold } from "../base/random.ts";
import { fitToObservation } from "./corrected.ts";
import type { LearnedTask, Sampler } from "./method.ts";
import { withFit } from "./stored_fit.ts";

/**
 * Samplers of the amortized posterior and, with `corrected`, of the corrected one, for their calibration. The fit to
 * each observation is stored separately. `reads` is what the observations depend on in addition to the key of a sampler.
 */
export function learnedSamplers(
  { spec, learned, problem, context, reads, corrected }: Pick<LearnedTask, "spec" | "learned" | "context"> & {
    problem: Problem;
    reads: unknown;
    corrected: boolean;
  },
): Record<string, Sampler> {
  const amortized: Sampler = async ({ summary }, { key, n }) =>
    drawPosterior((await learned.open()).posterior, summary, { key, n });
  if (!corrected) return { amortized };
  return {
    amortized,
    corrected: async (observation, { key, n }) => {
      const opened = await learned.open();
      const parts = {
        reads: { calibration: reads, key, correction: spec.correction },
        upstream: [learned.trained],
      };
      const fit = context.graph.node(
        "correct",
        parts,
        () => fitToObservation({ spec, problem, observation, opened, key, signal: context.signal }),
      );
      return await withFit(
        await fit.get(),
        opened,
        (corrected) =>
          drawPosterior(opened.posterior, observation.summary, { key: fold(key, "draw"), n, corrected }),
      );
    },
  };
}
