import { z } from "zod";
import type { Survey } from "../../core/contracts/operator.ts";
import { plugin } from "../../core/registry/plugin.ts";
import type { Space } from "../../core/contracts/vector.ts";

/**
 * The mean of the linear Gaussian posterior, `(C^-1 + J^T S^-1 J)^-1 J^T S^-1 d`, with S the noise's covariance and C
 * that of the training unknowns. It is built for the observation's own operator and noise, so that other sources,
 * receivers or noise do not change what it means. Linear in d, and a sufficient statistic of x for Gaussian noise.
 */
export const gaussianMean = plugin({
  slot: "summary",
  kind: "gaussian-mean",
  about:
    "posterior mean under the training unknowns' covariance, for the observation's own operator and noise",
  schema: z.strictObject({}),
  shapes: (_options, { operator }) => operator && spaceOf(operator),
  cost: () => ({ solves: 1, linear: true, image: true, gaussian: "learned" }),
  async build(_options, { survey, gaussian }) {
    const { moments } = await gaussian("learned");
    return {
      space: spaceOf(survey),
      linear: true,
      apply: async (data, count) => (await moments(data, count)).mean,
    };
  },
});

/** An estimate of the unknown, in its space. */
function spaceOf({ domain }: Pick<Survey, "domain">): Space {
  return { ...domain, name: "Gaussian mean" };
}
