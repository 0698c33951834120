import type { Space, Vector } from "../contracts/vector.ts";
import type { Key } from "../base/random.ts";
import { Uncomputable } from "../base/uncomputable.ts";

/**
 * The true posterior: mean, covariance [size, size], and samples, flat [n, size]. `exact` says that it is Gaussian
 * and that mean and covariance are not estimates.
 */
export interface ReferenceMoments {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
  readonly exact: boolean;
  readonly samples?: Vector;
}

/** An estimate of one unknown beside its truth. All arrays are flat, in C order, of the shape of `space`. */
export interface Judgement {
  readonly truth: Vector;
  /** Point estimate: the conditional mean, or a baseline's image. */
  readonly mean: Vector;
  /** Pointwise standard deviation; absent for point estimates. */
  readonly std?: Vector;
  /** Posterior samples, flat [n, ...space.shape]; absent for point estimates. */
  readonly samples?: Vector;
  /** The unknown's. */
  readonly space: Space;
  /** 1 where a cell counts, 0 where it is left out. */
  readonly mask: Vector;
  /** `|J x - d| / (sigma sqrt n)` of the mean. */
  readonly dataResidual?: number;
  /** Posterior predictive p-value of the samples. */
  readonly predictive?: number;
  /** Pointwise variance of the prior, and `diag(J^T C^-1 J)`, the information of the data about each cell. */
  readonly priorVariance?: Vector;
  readonly illumination?: Vector;
  /** The true posterior, where it is known. */
  readonly reference?: ReferenceMoments;
  /** Key of the metrics that draw random numbers: the folds and networks of C2ST. */
  readonly key?: Key;
}

/**
 * A figure of merit. It gives named numbers, or none if the judgement lacks its input (a point estimate has no
 * coverage). It throws {@link Uncomputable} if the numbers cannot be computed from this judgement.
 */
export interface Metric {
  /** Names of its numbers. */
  readonly gives: readonly string[];
  evaluate(judgement: Judgement): Record<string, number>;
}

/** Refuses fewer samples than an estimate needs. */
export function needSamples(n: number, { least, what }: { least: number; what: string }): void {
  if (n >= least) return;
  throw new Uncomputable(`There ${n === 1 ? "is 1 sample" : `are ${n} samples`}: ${what} needs ${least}`);
}

/** Indices of the cells that count. */
export function unmasked(mask: Vector): number[] {
  return Array.from(mask.keys()).filter((i) => mask[i] !== 0);
}

/** The samples of one cell in ascending order, of flat samples [n, size]. */
export function sortedCell(samples: Vector, { cell, size }: { cell: number; size: number }): Float64Array {
  const n = samples.length / size;
  return Float64Array.from({ length: n }, (_, k) => samples[k * size + cell]).sort();
}
