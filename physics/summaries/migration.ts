import { z } from "zod";
import { plugin } from "../../core/registry/plugin.ts";
import { about } from "../../core/base/units.ts";

const schema = z.strictObject({
  whiten: about(
    z.boolean(),
    "migrate sigma^2 C^-1 d, C the noise's covariance, instead of d: all that the data tell of x",
  ).default(false),
});

/**
 * The migrated image `1/N sum_i J_i^T d_i`, as published. With `whiten`, `sigma^2/N sum_i J_i^T C^-1 d_i`: for
 * Gaussian noise J^T C^-1 d is a sufficient statistic of x, and where noise and signal share the wavelet's
 * spectrum it is sharper. The factor sigma^2 keeps its scale when the noise grows.
 */
export const migration = plugin({
  slot: "summary",
  kind: "migration",
  about: "mean over shots of J_i^T d_i, rescaled to the training spread's receivers",
  schema,
  shapes: (_options, { operator }) => operator?.domain,
  cost: () => ({ solves: 1, linear: true, image: true }),
  build: ({ whiten }, { survey, noise, trainingReceivers }) => {
    const { stacked, shotRange, sources, domain } = survey;
    const factor = trainingReceivers / shotRange.shape[0] / sources * (whiten ? noise.sigma ** 2 : 1);
    return {
      space: { name: "migration", shape: domain.shape },
      linear: true,
      async apply(data, count = 1) {
        const d = whiten ? noise.whiten(noise.whiten(data, shotRange), shotRange) : data;
        return new Float32Array(await stacked.adjoint(d, count)).map((v) => factor * v);
      },
    };
  },
});
