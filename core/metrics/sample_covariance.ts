import type { Vector } from "../contracts/vector.ts";
import { dot } from "../linalg/mod.ts";
import { needSamples } from "./metric.ts";

/** Covariance [size, size] of samples [n, size] with the given mean. */
export function sampleCovariance(samples: Vector, mean: Vector): Float64Array {
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
