import type { Vector } from "../contracts/vector.ts";
import { cholesky, dot, type Gaussian, klGaussians, norm } from "../linalg/mod.ts";
import type { Judgement } from "./metric.ts";

/**
 * The true posterior: its mean and covariance [size, size], `exact` where it is Gaussian and they are no estimates,
 * and samples of it, flat [n, size].
 */
export interface ReferenceMoments {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
  readonly exact: boolean;
  readonly samples?: Vector;
}

/**
 * Distance of a posterior's moments from the reference's: `meanError = sqrt(mean_i ((m - m_ref)_i / sigma_ref,i)^2)`,
 * in units of the reference's pointwise standard deviation; `stdRatio = mean_i sigma_i / sigma_ref,i`;
 * `covarianceError = |C - C_ref|_F / |C_ref|_F`; and for an exact reference `kl = KL(N(m, C) || N(m_ref, C_ref))` in
 * nats. Of n exact samples of d components there remain about `1 / sqrt(n)`, `1 +- 1 / sqrt(2 n d)`,
 * `(d + 1) / sqrt(n)` at most, and `d (d + 3) / (4 n)`.
 */
export function againstReference({ mean, samples, reference }: Judgement): Record<string, number> {
  if (!samples || !reference) return {};
  const size = reference.mean.length, covariance = sampleCovariance(samples, mean);
  const std = (c: Float64Array, i: number) => Math.sqrt(c[i * (size + 1)]);
  const own = reference.mean.map((_, i) => std(reference.covariance, i));
  const error = reference.mean.map((v, i) => (mean[i] - v) / own[i]);
  const departure = reference.covariance.map((v, k) => covariance[k] - v);
  const fitted = { mean: Float64Array.from(mean), covariance };
  return {
    meanError: norm(error) / Math.sqrt(size),
    stdRatio: own.reduce((sum, v, i) => sum + std(covariance, i) / v, 0) / size,
    covarianceError: norm(departure) / norm(reference.covariance),
    ...(reference.exact ? { kl: klOf(fitted, reference) } : {}),
  };
}

/** Infinite where the samples span fewer directions than there are: resampled ones may be copies of a few. */
function klOf(fitted: Gaussian, reference: Gaussian): number {
  try {
    cholesky(fitted.covariance);
  } catch {
    return Infinity;
  }
  return klGaussians(fitted, reference);
}

/** Covariance [size, size] of samples [n, size] with the given mean. */
function sampleCovariance(samples: Vector, mean: Vector): Float64Array {
  const size = mean.length, n = samples.length / size;
  const deviations = Array.from(
    mean,
    (m, i) => Float64Array.from({ length: n }, (_, k) => samples[k * size + i] - m),
  );
  return Float64Array.from(
    { length: size * size },
    (_, k) => dot(deviations[Math.floor(k / size)], deviations[k % size]) / (n - 1),
  );
}
