import { dispose, read, scope, square, sumPerSample, tensor } from "../engine/mod.ts";
import { sizeOf } from "../base/shape.ts";
import type { AmortizedPosterior } from "./draw.ts";
import { latentTarget } from "./latent_target.ts";
import { likelihoodOf } from "./likelihood.ts";
import type { Observation, Problem } from "./simulate.ts";
import { flowShapes } from "./standardize.ts";

/**
 * The latent score of an observation: the cube root of `|g|^2`, where g is the gradient of the misfit in z at z = 0
 * under the amortized posterior. There is one score of all latents. If the flow has levels, there is one more for the
 * latents of each level. For a linear and Gaussian problem and an exact flow `g = -L^T C^-1 m`: the posterior mean m
 * in units of the prior, weighted by the width L of the posterior. The cube root makes a sum of squares nearly normal
 * (Wilson and Hilferty 1931, PNAS 17, 684-688), so that departures up and down have the same scale. Costs one J and
 * one J^T per source.
 */
export async function latentScore(
  posterior: AmortizedPosterior,
  { problem, observation: { data, summary } }: {
    problem: Pick<Problem, "survey" | "noise">;
    observation: Pick<Observation, "data" | "summary">;
  },
): Promise<number[]> {
  const { flow, standardization } = posterior, { x: shape } = flowShapes(standardization);
  const target = latentTarget(posterior, { likelihood: likelihoodOf(problem, data), summary });
  const { gradient } = await target(new Float32Array(sizeOf(standardization.x)), 1);
  const energies = scope(() => {
    const z = tensor(gradient, [1, ...shape]);
    return [z, ...flow.levels?.(z) ?? []].map((part) => sumPerSample(square(part)));
  });
  const values = await Promise.all(energies.map(read));
  for (const energy of energies) dispose({ energy });
  return values.map(([energy]) => Math.cbrt(energy));
}
