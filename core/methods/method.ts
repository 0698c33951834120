/** What methods share: the estimate that each gives, and how a stage asks for it. */
import type { Spec } from "../contracts/spec.ts";
import type { Observation, Problem } from "../inference/simulate.ts";
import type { Key } from "../base/random.ts";
import type { Learned } from "../learning/learned.ts";
import type { Figures } from "../metrics/mod.ts";
import type { RunContext } from "../store/context.ts";
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

/** What learned methods know of the observation that they are asked about. */
export interface LearnedTask {
  readonly spec: Spec;
  readonly learned: Learned;
  readonly observation: Node<Observation>;
  readonly problem: () => Promise<Problem>;
  readonly key: Key;
  /** Declared parts of the problem that are not those of training. */
  readonly changed: readonly string[];
  /** p-value that all observations of its scenario are like the training data. */
  readonly together?: Node<Figures>;
  readonly context: RunContext;
  /** Told each event of the correction while it is fitted. */
  readonly event: (event: object) => void;
}
