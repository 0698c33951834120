import { z } from "zod";
import type { Survey } from "../../core/contracts/operator.ts";
import { plugin } from "../../core/registry/plugin.ts";
import type { Space } from "../../core/contracts/vector.ts";
import { about } from "../../core/base/units.ts";
import { whitenerOf } from "../../core/linalg/mod.ts";

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
  shapes: (_options, { operator }) => operator && spaceOf(operator),
  cost: () => ({ solves: 1, linear: true, image: true }),
  build: ({ whiten }, { survey, noise, trainingRange }) => {
    const { stacked, shotRange, sources } = survey, white = whitenerOf({ survey, noise });
    const factor = trainingRange.shape[0] / shotRange.shape[0] / sources * (whiten ? noise.sigma ** 2 : 1);
    return {
      space: spaceOf(survey),
      linear: true,
      async apply(data, count = 1) {
        const d = whiten ? white(white(data)) : data;
        return new Float32Array(await stacked.adjoint(d, count)).map((v) => factor * v);
      },
    };
  },
});

/** An estimate of the unknown, in its space. */
function spaceOf({ domain }: Pick<Survey, "domain">): Space {
  return { ...domain, name: "migration" };
}
