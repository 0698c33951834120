import { amortizedLogDensity } from "./amortized_density.ts";
import type { AmortizedPosterior } from "./draw.ts";
import { checkPrior } from "./latent_target.ts";
import { likelihoodOf } from "./likelihood.ts";
import type { Observation, Problem } from "./simulate.ts";
import { sizeOf } from "../base/shape.ts";
import type { Path } from "./tempered.ts";

/**
 * The path of densities from `1/2 q(x | y) + 1/2 p(x)` to `p(d | x) p(x)`. It starts from the flow's posterior and
 * the prior in equal parts. An accurate flow is close to the target from the start. What a flow has missed is still
 * covered by the draws of the prior.
 */
export function refinementPath(
  { posterior, problem, observation }: {
    posterior: AmortizedPosterior;
    problem: Problem;
    observation: Observation;
  },
): Path {
  const { x: space, mask } = posterior.standardization, size = sizeOf(space);
  checkPrior(problem.prior, mask);
  const logDensity = problem.prior.logDensity!;
  const likelihood = likelihoodOf(problem, observation.data), { summary } = observation;
  return async (rows) => {
    const x = Float32Array.from(rows), n = x.length / size;
    const prior = Float64Array.from(
      { length: n },
      (_, i) => logDensity(x.subarray(i * size, (i + 1) * size)),
    );
    // Rows outside the prior's support have no flow coordinates and need no likelihood.
    const inside = Uint32Array.from(prior.keys()).filter((i) => prior[i] > -Infinity);
    const supported = new Float32Array(inside.length * size);
    inside.forEach((i, k) => supported.set(x.subarray(i * size, (i + 1) * size), k * size));
    const base = new Float64Array(n).fill(-Infinity), target = base.slice();
    if (inside.length === 0) return { base, target };
    const flow = await amortizedLogDensity(posterior, { summary, x: supported });
    const { values: misfits } = await likelihood.misfit(supported, inside.length);
    inside.forEach((i, k) => {
      const top = Math.max(flow[k], prior[i]);
      base[i] = top + Math.log(Math.exp(flow[k] - top) + Math.exp(prior[i] - top));
      target[i] = prior[i] - misfits[k];
    });
    return { base, target };
  };
}
