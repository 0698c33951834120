import { z } from "zod";
import type { Survey } from "../../core/contracts/operator.ts";
import { plugin } from "../../core/registry/plugin.ts";
import type { Space } from "../../core/contracts/vector.ts";

/**
 * Mean and standard deviation of a Gaussian posterior of the observation's own operator and noise. Its prior is the
 * covariance of the training unknowns, or takes its amplitude and roughness from the observation itself, by the
 * evidence of its data. The flow then models `(x - mean) / std`: its width follows other noise, sources and, in the
 * second case, geology without having met them in training.
 */
export const gaussianMoments = plugin({
  slot: "summary",
  kind: "gaussian-moments",
  about: "mean and deviation of a Gaussian posterior of the observation's own operator and noise",
  schema: z.strictObject({
    prior: z.enum(["learned", "hierarchical"]).default("hierarchical").describe(
      "whose: the training unknowns' covariance, or one whose amplitude and roughness the data tell",
    ),
  }),
  shapes: (_options, { operator }) => operator && spaceOf(operator),
  cost: ({ prior }) => ({
    solves: 1,
    linear: false,
    image: false,
    gaussian: prior,
    adapts: prior === "learned" ? "again" as const : "already" as const,
  }),
  build({ prior }, { survey, gaussian }) {
    const size = survey.mask.length;
    const stacked = ({ mean, std }: { mean: Float32Array; std: Float32Array }) => {
      const out = new Float32Array(2 * mean.length);
      for (let i = 0; i < mean.length / size; i++) {
        out.set(mean.subarray(i * size, (i + 1) * size), 2 * i * size);
        out.set(std.subarray(i * size, (i + 1) * size), (2 * i + 1) * size);
      }
      return out;
    };
    return {
      space: spaceOf(survey),
      linear: false,
      apply: async (data, count = 1) => stacked(await (await gaussian(prior)).moments(data, count)),
      async adapted(data, { prior, ...draws }) {
        const { samples, ...moments } = await (await gaussian(prior)).draw(data, draws);
        return { summary: stacked(moments), samples };
      },
    };
  },
});

function spaceOf({ domain }: Pick<Survey, "domain">): Space {
  return { name: "Gaussian moments", kind: "moments", shape: [2, ...domain.shape] };
}
