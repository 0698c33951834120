import type { Survey } from "../contracts/operator.ts";
import type { NoiseModel } from "../contracts/problem.ts";
import { addSamples, meanAndStdOf, noMoments } from "./moments.ts";

/** Pointwise mean and standard deviation of samples, flat [n, size]. */
export function meanAndStd(samples: Float32Array, size: number): { mean: Float32Array; std: Float32Array } {
  return meanAndStdOf(addSamples(noMoments(size), samples));
}

/**
 * `|J x - d| / (sigma sqrt n)`: 1 where the residual is as large as the noise; a simulator has none. Costs one solve
 * per source.
 */
export async function dataResidual(
  x: Float32Array,
  { survey, noise, data }: { survey: Survey; noise: NoiseModel; data: Float32Array },
): Promise<number | undefined> {
  if (survey.simulator) return;
  const d = await survey.stacked.forward(x);
  let energy = 0;
  for (let j = 0; j < d.length; j++) energy += (d[j] - data[j]) ** 2;
  return Math.sqrt(energy / d.length) / noise.sigma;
}
