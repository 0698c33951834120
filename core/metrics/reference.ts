import type { Vector } from "../contracts/vector.ts";
import { dot, klGaussians, norm } from "../linalg/mod.ts";
import type { Judgement } from "./metric.ts";

/** The true posterior's mean and covariance [size, size]; `exact` where it is Gaussian and they are no estimates. */
export interface ReferenceMoments {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
  readonly exact: boolean;
}

/**
 * Distance of a posterior's moments from the reference's: `meanError = |m - m_ref| / sqrt(tr C_ref)`, where 1 is an
 * error as large as the posterior's spread; `covarianceError = |C - C_ref|_F / |C_ref|_F`; and for an exact
 * reference `kl = KL(N(m, C) || N(m_ref, C_ref))` in nats. Of n exact samples of d components about
 * `1 / sqrt(n)`, `(d + 1) / sqrt(n)` at most, and `d (d + 3) / (4 n)` remain.
 */
export function againstReference({ mean, samples, reference }: Judgement): Record<string, number> {
  if (!samples || !reference) return {};
  const trace = reference.mean.reduce(
    (sum, _, i) => sum + reference.covariance[i * (reference.mean.length + 1)],
    0,
  );
  const error = reference.mean.map((v, i) => mean[i] - v);
  const fitted = { mean: Float64Array.from(mean), covariance: sampleCovariance(samples, mean) };
  const departure = reference.covariance.map((v, k) => fitted.covariance[k] - v);
  return {
    meanError: norm(error) / Math.sqrt(trace),
    covarianceError: norm(departure) / norm(reference.covariance),
    ...(reference.exact ? { kl: klGaussians(fitted, reference) } : {}),
  };
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
