import type { Survey } from "../contracts/operator.ts";
import type { NoiseModel } from "../contracts/problem.ts";

/** Pointwise mean and standard deviation of samples, flat [n, size]. */
export function meanAndStd(samples: Float32Array, size: number): { mean: Float32Array; std: Float32Array } {
  const n = samples.length / size;
  const sum = new Float64Array(size), square = new Float64Array(size);
  for (let k = 0; k < samples.length; k++) {
    sum[k % size] += samples[k];
    square[k % size] += samples[k] ** 2;
  }
  const mean = Float32Array.from(sum, (v) => v / n);
  const std = Float32Array.from(
    square,
    (v, i) => Math.sqrt(Math.max(v - sum[i] ** 2 / n, 0) / Math.max(n - 1, 1)),
  );
  return { mean, std };
}

/** `|J x - d| / (sigma sqrt n)`: 1 where the residual is as large as the noise. Costs one solve per source. */
export async function dataResidual(
  x: Float32Array,
  { survey, noise, data }: { survey: Survey; noise: NoiseModel; data: Float32Array },
): Promise<number> {
  const d = await survey.stacked.forward(x);
  let energy = 0;
  for (let j = 0; j < d.length; j++) energy += (d[j] - data[j]) ** 2;
  return Math.sqrt(energy / d.length) / noise.sigma;
}
