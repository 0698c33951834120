/** What methods share: how a plugin defines one, the estimate that each gives, and how a stage asks for it. */
import type { z } from "zod";
import type { Plugin } from "../contracts/plugin.ts";
import type { Spec } from "../contracts/spec.ts";
import type { PriorGains } from "../inference/gain_prior.ts";
import type { ReferencePosterior } from "../inference/reference_posterior.ts";
import type { Observation, Problem } from "../inference/simulate.ts";
import type { Key } from "../base/random.ts";
import type { Learned } from "../learning/learned.ts";
import type { Figures } from "../metrics/mod.ts";
import type { GivenObservation } from "../problem/observations.ts";
import type { Problems } from "../problem/problems.ts";
import type { RunContext } from "../store/context.ts";
import type { Node } from "../store/graph.ts";
import type { RecordedArrays } from "../store/recorder.ts";

/** The estimate of one method for one observation: a point estimate, with or without posterior samples. */
export interface Estimate {
  readonly method: string;
  readonly mean: Float32Array;
  readonly std?: Float32Array;
  /** Flat [n, size]. */
  readonly samples?: Float32Array;
  /** Misfit at the start and after every iteration of an iterative method. */
  readonly misfits?: readonly number[];
  /** What the data told of the prior's strength. */
  readonly gains?: PriorGains;
  /** Numbers that describe the convergence of the method. They are added to the metrics. */
  readonly diagnostics?: Readonly<Record<string, number>>;
}

/** A method of a run. */
export interface Method {
  /** The node of the estimate of an observation. Undefined if the spec does not ask for the method. */
  estimate(task: MethodTask): Node<Estimate | undefined> | undefined;
  /** Results that its estimates of all observations use, such as settings chosen on training data. */
  readonly upstream?: readonly Node[];
}

/** What a method is built from. */
export interface MethodContext {
  readonly spec: Spec;
  /** The problems of all scenarios. They hold the Gaussian posteriors too. */
  readonly problems: Problems;
  /** Absent where the spec has no flow. */
  readonly learned?: Learned;
  readonly context: RunContext;
}

/** One observation as methods see it. A node is computed when its value is first asked for. */
interface MethodTask {
  readonly observation: Node<GivenObservation>;
  readonly problem: () => Promise<Problem>;
  readonly key: Key;
  readonly context: RunContext;
  readonly exact: Node<Exact>;
  /** Absent where the spec has no flow. */
  readonly posteriors?: Posteriors;
}

/** The learned posteriors of an observation. Those that the spec does not ask for are absent. */
export interface Posteriors {
  readonly amortized: Node<Estimate>;
  readonly corrected?: Node<Estimate>;
  readonly refined?: Node<Estimate>;
}

/** The reference posterior of an observation, where it can be had. */
export interface Exact {
  readonly posterior?: ReferencePosterior;
  readonly unreferenced?: string;
  readonly arrays: RecordedArrays;
}

/** A plugin of the slot `method`, with the types of what it is built from and gives. */
type MethodPlugin<O extends z.ZodObject> = Omit<Plugin<"method", O>, "slot" | "build"> & {
  build(options: z.output<O>, context: MethodContext): Method;
};

/** Keeps the types of a method's plugin while it is written down. */
export function method<O extends z.ZodObject>(
  definition: MethodPlugin<O>,
): Plugin<"method"> {
  return { slot: "method", ...definition } as unknown as Plugin<"method">;
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
