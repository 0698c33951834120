import type { Vector } from "../contracts/vector.ts";
import { dot, klGaussians, norm } from "../linalg/mod.ts";
import { Uncomputable } from "../base/uncomputable.ts";
import { type Judgement, needSamples } from "./metric.ts";

/**
 * Distance of a posterior's moments from the reference's: `meanError = sqrt(mean_i ((m - m_ref)_i / sigma_ref,i)^2)`,
 * in units of the reference's pointwise standard deviation; `stdRatio = mean_i sigma_i / sigma_ref,i`;
 * `covarianceError = |C - C_ref|_F / |C_ref|_F`. Of n exact samples of d components there remain about `1 / sqrt(n)`,
 * `1 +- 1 / sqrt(2 n d)` and `(d + 1) / sqrt(n)` at most.
 */
export function moments({ mean, samples, reference }: Judgement): Record<string, number> {
  if (!samples || !reference) return {};
  const size = reference.mean.length, covariance = sampleCovariance(samples, mean);
  const std = (c: Float64Array, i: number) => Math.sqrt(c[i * (size + 1)]);
  const own = reference.mean.map((_, i) => std(reference.covariance, i));
  const constant = own.findIndex((v) => !(v > 0));
  if (constant >= 0) {
    throw new Uncomputable(
      `Component ${constant} of the reference is constant: it has no standard deviation`,
    );
  }
  const error = reference.mean.map((v, i) => (mean[i] - v) / own[i]);
  const departure = reference.covariance.map((v, k) => covariance[k] - v);
  return {
    meanError: norm(error) / Math.sqrt(size),
    stdRatio: own.reduce((sum, v, i) => sum + std(covariance, i) / v, 0) / size,
    covarianceError: norm(departure) / norm(reference.covariance),
  };
}

/**
 * `kl = KL(N(m, C) || N(m_ref, C_ref))` in nats for an exact reference; of n exact samples of d components about
 * `d (d + 3) / (4 n)` remains. Samples that span fewer directions than there are, as copies of a few do, have none.
 */
export function divergence({ mean, samples, reference }: Judgement): Record<string, number> {
  if (!samples || !reference?.exact) return {};
  const size = mean.length, covariance = sampleCovariance(samples, mean);
  needSamples(samples.length / size, { least: size + 1, what: `KL of ${size} unknowns` });
  return { kl: klGaussians({ mean: Float64Array.from(mean), covariance }, reference) };
}

/** Covariance [size, size] of samples [n, size] with the given mean. */
function sampleCovariance(samples: Vector, mean: Vector): Float64Array {
  const size = mean.length, n = samples.length / size;
  needSamples(n, { least: 2, what: "a covariance" });
  const deviations = Array.from(
    mean,
    (m, i) => Float64Array.from({ length: n }, (_, k) => samples[k * size + i] - m),
  );
  return Float64Array.from(
    { length: size * size },
    (_, k) => dot(deviations[Math.floor(k / size)], deviations[k % size]) / (n - 1),
  );
}
