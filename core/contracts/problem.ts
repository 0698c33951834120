import type { Key } from "../base/random.ts";
import type { Space, Vector } from "./vector.ts";

/** Least and largest values, one per component. */
export interface Bounds {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** Distribution of the unknown: how training data and test truths are drawn. */
export interface Prior {
  readonly space: Space;
  /** `n` draws, flat [n, ...space.shape]. The same key gives the same draws; draw i does not depend on n. */
  sample(key: Key, n: number): Promise<Float32Array>;
  /** `log p(x)` where it is known in closed form. */
  logDensity?(x: Vector): number;
  /** Its gradient, wherever `logDensity` is there. */
  score?(x: Vector): Float64Array;
  /** The box outside of which the density is 0, where there is one; the flow sees its components unbounded. */
  readonly bounds?: Bounds;
  /** Exact mean and covariance [size, size] where the prior is Gaussian: exact posteriors are built from it. */
  readonly gaussian?: { readonly mean: Float64Array; readonly covariance: Float64Array };
}

/** Additive noise of one shot's data, `d = J x + e`. Traces run along the last axis of `range`. */
export interface NoiseModel {
  /** Standard deviation (RMS) of one datum, in the data's unit. */
  readonly sigma: number;
  sample(key: Key, range: Space): Float32Array;
  /**
   * `W r`, W symmetric with W W ~ covariance^-1, applied per trace; so the misfit is `|W r|^2 / 2` and its
   * gradient `W W r`. `whiten` of the model's own noise has unit variance per effective datum.
   */
  whiten(r: Vector, range: Space): Vector;
  /** E|W e|^2 for noise of `range`: the expected value of twice the misfit at the truth. */
  degreesOfFreedom(range: Space): number;
}

/** A simulator: data with a known distribution that is not `J x + e`. It draws data and gives their density. */
export interface Simulator {
  /** Data of one unknown. */
  sample(key: Key, x: Vector): Float32Array;
  /** `log p(d | x)` in nats, and its gradient with respect to x. */
  logLikelihood(x: Vector, data: Vector): { value: number; gradient: Float64Array };
}

/** The likelihood of one observation, or of a part of its data, as a function of the unknown. */
export interface Likelihood {
  /**
   * `-log p(d | x)` in nats up to a constant, [count], and its gradients, flat [count, size], of `count` unknowns in
   * a row; 1 unless said otherwise.
   */
  misfit(x: Vector, count?: number): Promise<{ values: Float64Array; gradients: Float32Array }>;
}

/** What the flow is conditioned on: data of a survey -> a fixed-size summary, e.g. the migrated image. */
export interface Summary {
  readonly space: Space;
  /** Whether `apply` is linear: then signal and noise of training pairs are summarised apart and recombined. */
  readonly linear: boolean;
  /** Of `count` observations in a row, 1 unless said otherwise; `data` is flat [count, sources, ...shotRange]. */
  apply(data: Vector, count?: number): Promise<Float32Array>;
  /**
   * The summary of one observation under a prior that is estimated from its data, if the summary is a Gaussian
   * posterior, with `n` samples of this posterior, flat [n, size of x].
   */
  adapted?(
    data: Vector,
    options: { prior: string; key: Key; n: number },
  ): Promise<{ summary: Float32Array; samples: Float32Array }>;
}
