import {
  cholesky,
  covarianceOf,
  drawGaussian,
  type FactoredGaussian,
  gaussianPosterior,
  lowerSolve,
  multiplyVector,
  varianceOf,
} from "../../../core/linalg/mod.ts";
import type { Trial } from "../../../core/metrics/mod.ts";
import { fold, type Key, normals64, rootKey } from "../../../core/base/random.ts";

/** What is wrong with a sampler of the posterior. */
export type Fault = "none" | "bias" | "narrow" | "prior";

/** A trial of the linear-Gaussian problem with all that the diagnostics may ask for. */
export interface PlantedTrial extends Trial {
  readonly samples: Float64Array;
  readonly data: Float64Array;
  readonly posterior: FactoredGaussian;
}

/** Unknowns and data of the problem `d = J x + e`, e ~ N(0, I), x ~ N(0, S). */
export const SIZE = 6, DATA = 8;

const J = normals64(fold(rootKey(1), "J"), DATA * SIZE).map((v) => 0.6 * v);
/** Cells that lie k apart correlate by 0.5^k. */
export const covariance = Float64Array.from(
  { length: SIZE * SIZE },
  (_, k) => 0.5 ** Math.abs(Math.floor(k / SIZE) - k % SIZE),
);
const transposedJ = Float64Array.from(
  { length: SIZE * DATA },
  (_, k) => J[k % DATA * SIZE + Math.floor(k / DATA)],
);
const hessian = Float64Array.from({ length: SIZE * SIZE }, (_, k) => {
  const i = Math.floor(k / SIZE), j = k % SIZE;
  return Array.from({ length: DATA }, (_, r) => J[r * SIZE + i] * J[r * SIZE + j]).reduce((a, b) => a + b, 0);
});
const prior = { mean: new Float64Array(SIZE), covariance };
const factoredPrior = gaussianPosterior({
  hessian: new Float64Array(SIZE * SIZE),
  rhs: new Float64Array(SIZE),
  prior,
});
const unit = gaussianPosterior({ hessian, rhs: new Float64Array(SIZE), prior });
/** Pointwise standard deviation of the posterior, the same for all data. */
export const deviation = varianceOf(unit).map(Math.sqrt);

const triangle = cholesky(covarianceOf(unit));

/** `|J x - d|^2`, the whitened misfit. */
export function misfit(x: ArrayLike<number>, data: Float64Array): number {
  return multiplyVector(J, Float64Array.from(x)).reduce((sum, v, i) => sum + (v - data[i]) ** 2, 0);
}

/**
 * A truth, data simulated from it and n samples: of the exact posterior, of one shifted by half a pointwise standard
 * deviation, of one half as wide, or of the prior.
 */
export function plantedTrial(key: Key, { fault, n }: { fault: Fault; n: number }): PlantedTrial {
  const truth = drawGaussian(factoredPrior, normals64(fold(key, "truth"), SIZE));
  const noise = normals64(fold(key, "noise"), DATA);
  const data = multiplyVector(J, truth).map((v, i) => v + noise[i]);
  const step = multiplyVector(unit.factor, applyTransposedFactor(multiplyVector(transposedJ, data)));
  const posterior = { mean: step, factor: unit.factor }, z = normals64(fold(key, "samples"), n * SIZE);
  const samples = new Float64Array(n * SIZE);
  for (let k = 0; k < n; k++) {
    samples.set(drawWrongly(posterior, { fault, z: z.subarray(k * SIZE, (k + 1) * SIZE) }), k * SIZE);
  }
  return { truth, samples, data, posterior };
}

/** `F^T v`, so that `F F^T J^T d` is the posterior's mean. */
function applyTransposedFactor(v: Float64Array): Float64Array {
  return v.map((_, j) => v.reduce((sum, w, i) => sum + unit.factor[i * SIZE + j] * w, 0));
}

function drawWrongly(
  posterior: FactoredGaussian,
  { fault, z }: { fault: Fault; z: Float64Array },
): Float64Array {
  if (fault === "prior") return drawGaussian(factoredPrior, z);
  const x = drawGaussian(posterior, z);
  if (fault === "bias") return x.map((v, i) => v + deviation[i] / 2);
  return fault === "narrow" ? x.map((v, i) => (v + posterior.mean[i]) / 2) : x;
}

/** `count` independent trials with n samples each. */
export function plantedTrials(
  key: Key,
  { count, ...options }: { count: number; fault: Fault; n: number },
): PlantedTrial[] {
  return Array.from({ length: count }, (_, k) => plantedTrial(fold(key, k), options));
}

/** Log exact posterior minus log density of the planted sampler at each sample, up to a constant. */
export function logWeights({ samples, posterior, data }: PlantedTrial, fault: Fault): Float64Array {
  const centre = fault === "bias" ? posterior.mean.map((m, i) => m + deviation[i] / 2) : posterior.mean;
  return Float64Array.from({ length: samples.length / SIZE }, (_, k) => {
    const x = samples.subarray(k * SIZE, (k + 1) * SIZE);
    if (fault === "prior") return -misfit(x, data) / 2;
    const width = fault === "narrow" ? 0.5 : 1;
    return squareOff(x, centre) / (2 * width ** 2) - squareOff(x, posterior.mean) / 2;
  });
}

/** Squared distance from a centre in units of the exact posterior's width. */
function squareOff(x: Float64Array, centre: Float64Array): number {
  const z = lowerSolve(triangle, x.map((v, i) => v - centre[i]));
  return z.reduce((sum, v) => sum + v * v, 0);
}
