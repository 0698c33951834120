import { z } from "zod";
import { plugin } from "../../core/contracts/plugin.ts";

/**
 * Mean and standard deviation of a Gaussian posterior whose prior takes its amplitude and roughness from the
 * observation itself, by the evidence of its data. The flow then models `(x - mean) / std`: its width follows other
 * geology, noise and sources without having met them in training. Not linear in d.
 */
export const gaussianMoments = plugin({
  slot: "summary",
  kind: "gaussian-moments",
  about:
    "mean and deviation of a Gaussian posterior of the observation's own operator, noise and prior scale",
  schema: z.strictObject({}),
  cost: () => ({ solves: 1, linear: false, gaussian: "hierarchical" }),
  async build(_options, { survey, gaussian }) {
    const moments = await gaussian("hierarchical"), size = survey.mask.length;
    return {
      space: { name: "Gaussian moments", shape: [2, ...survey.domain.shape] },
      linear: false,
      async apply(data, count = 1) {
        const { mean, std } = await moments(data, count), out = new Float32Array(2 * mean.length);
        for (let i = 0; i < count; i++) {
          out.set(mean.subarray(i * size, (i + 1) * size), 2 * i * size);
          out.set(std.subarray(i * size, (i + 1) * size), (2 * i + 1) * size);
        }
        return out;
      },
    };
  },
});
