/** The types that all methods share: the estimate, and the functions that compute it. */
import type { Observation, Problem } from "../inference/simulate.ts";
import type { Key } from "../base/random.ts";
import type { Node } from "../store/graph.ts";

/** The estimate of one method for one observation: a point estimate, with or without posterior samples. */
export interface Estimate {
  readonly method: string;
  readonly mean: Float32Array;
  readonly std?: Float32Array;
  /** Flat [n, size]. */
  readonly samples?: Float32Array;
  /** Misfit at the start and after every iteration of an iterative method. */
  readonly misfits?: readonly number[];
  /** Numbers that describe the convergence of the method. They are added to the metrics. */
  readonly diagnostics?: Readonly<Record<string, number>>;
}

/** A baseline: computes an estimate for an observation without the trained flow, or with the flow held fixed. */
export type Baseline = (problem: Problem, observation: Observation, key: Key) => Promise<Estimate>;

/** A baseline, and what its estimates depend on in addition to the observation. */
export interface BaselineMethod {
  readonly method: string;
  readonly stage: "baseline" | "fit";
  readonly estimate: Baseline;
  readonly reads: unknown;
  readonly upstream: readonly Node[];
}

/** Draws `n` samples of the posterior of an observation, flat [n, size]. The truth is not an input. */
export type Sampler = (
  observation: Pick<Observation, "data" | "summary">,
  options: { key: Key; n: number },
) => Promise<Float32Array>;
