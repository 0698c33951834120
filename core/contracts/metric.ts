import type { Key } from "../base/random.ts";
import type { Space, Vector } from "./vector.ts";

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

/** The fields that a judgement may lack. Those that cost solves or draws are computed only where a metric needs them. */
export type MetricInput = Exclude<keyof Judgement, "truth" | "mean" | "space" | "mask">;

/** A judgement with the inputs that a metric needs. */
export type JudgementWith<N extends MetricInput> = Judgement & Required<Pick<Judgement, N>>;

/**
 * A figure of merit: named numbers, or none where the judgement lacks an input (a point estimate has no coverage). It
 * throws `Uncomputable` if the numbers cannot be computed from this judgement.
 */
export type Metric = (judgement: Judgement) => Readonly<Record<string, number>>;

/** What a number says, for tables and limits. */
export interface MetricOutput {
  readonly label: string;
  /** "unknown" stands for the unit of the unknown; absent for pure numbers. */
  readonly unit?: string;
  /** The better values, or the value that is best; absent where no value is better than another. */
  readonly better?: "higher" | "lower" | number;
  /** Decimals in tables; absent: three significant digits. */
  readonly decimals?: number;
  /** Whether it is about a region of the unknown. Such numbers have a table of their own. */
  readonly regional?: true;
}

/** What is said of a metric without computing it. */
export interface MetricTraits {
  /** Its numbers, by their names in `summary.json`. */
  readonly gives: Readonly<Record<string, MetricOutput>>;
  readonly needs: readonly MetricInput[];
  /** Whether it is measured where a spec lists no metrics. */
  readonly default?: true;
  /**
   * Present where it is measured beside a reference posterior although the spec does not list it. It may set limits:
   * only beside exact posteriors, a largest number of unknowns, and the number of samples that it takes.
   */
  readonly besideReference?: {
    readonly exact?: true;
    readonly unknowns?: number;
    readonly samples?: number;
  };
}
