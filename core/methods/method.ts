/** What methods share: the estimate that each gives, and how a stage asks for it. */
import type { Spec } from "../contracts/spec.ts";
import type { Observation, Problem } from "../inference/simulate.ts";
import type { Key } from "../base/random.ts";
import type { Learned } from "../learning/learned.ts";
import type { Figures } from "../metrics/mod.ts";
import type { RunContext } from "../store/context.ts";
import type { Node } from "../store/graph.ts";

/** What one method says of one observation: a point estimate, or samples too. */
export interface Estimate {
  readonly method: string;
  readonly mean: Float32Array;
  readonly std?: Float32Array;
  /** Flat [n, size]. */
  readonly samples?: Float32Array;
  /** Misfit at the start and after every iteration of an iterative method. */
  readonly misfits?: readonly number[];
  /** What the method says of its own convergence; joins the metrics. */
  readonly diagnostics?: Readonly<Record<string, number>>;
}

/** A method that the report sets beside the flow: gives an estimate for an observation. */
export type Baseline = (problem: Problem, observation: Observation, key: Key) => Promise<Estimate>;

/** A baseline and what its estimates depend on besides the observation. */
export interface BaselineMethod {
  readonly method: string;
  readonly stage: "baseline" | "fit";
  readonly estimate: Baseline;
  readonly reads: unknown;
  readonly upstream: readonly Node[];
}

/** Draws `n` samples of an observation's posterior, flat [n, size]; never told the truth. */
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
