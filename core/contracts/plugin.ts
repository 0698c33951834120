import type { z } from "zod";
import type { Correction } from "./correction.ts";
import type { CorrectionCost, FlowCost, OperatorCost, Resources, SummaryCost } from "./cost.ts";
import type { Flow, FlowShapes, Optimizer } from "./flow.ts";
import type { MethodCost, MethodTraits } from "./method.ts";
import type { Metric, MetricTraits } from "./metric.ts";
import type { ArrayStore, Survey } from "./operator.ts";
import type { NoiseModel, Prior, Summary } from "./problem.ts";
import type { Key } from "../base/random.ts";
import type { Encoding } from "./spec.ts";
import type { Space, Vector } from "./vector.ts";

/** The component that a plugin of each slot builds, and the context that it gets in addition to its options. */
export interface Slots {
  operator: {
    /**
     * `engine`: what solves wave equations, `oracle` in f64; `specFolder`: where relative paths start from; `store`:
     * arrays of this very operator, kept from one run to the next.
     */
    context: {
      resources: Resources;
      engine?: "wasm" | "webgpu" | "oracle";
      specFolder?: string;
      store?: ArrayStore;
    };
    component: Survey;
  };
  prior: { context: { domain: Space; mask: Float32Array; specFolder: string }; component: Prior };
  noise: {
    /** `signalRms`: RMS of clean training data; `trainingSigma`: the nominal noise's sigma, when already known. */
    context: { survey: Survey; signalRms: number; trainingSigma?: number };
    component: NoiseModel;
  };
  summary: {
    /**
     * `gaussian`: the posterior under a Gaussian prior that is learned from the training unknowns, see
     * `core/inference/gaussian_priors.ts`: moments of observations in a row, each flat [count, cells], and of one with
     * samples, flat [n, cells]. `trainingRange`: one shot's data in training.
     */
    context: {
      survey: Survey;
      noise: NoiseModel;
      trainingRange: Space;
      gaussian: (
        prior: string,
      ) => Promise<{
        moments(data: Vector, count?: number): Promise<{ mean: Float32Array; std: Float32Array }>;
        draw(
          data: Vector,
          options: { key: Key; n: number },
        ): Promise<{ mean: Float32Array; std: Float32Array; samples: Float32Array }>;
      }>;
    };
    component: Summary;
  };
  flow: { context: FlowShapes; component: Flow };
  optimizer: { context: Record<never, never>; component: Optimizer };
  correction: { context: Record<never, never>; component: Correction };
  /** Methods are built from the stages of a run, which stand behind this room: `core/methods/method.ts` has the types. */
  method: { context: unknown; component: unknown };
  metric: { context: Record<never, never>; component: Metric };
}

export type Slot = keyof Slots;

/** What `cost` tells in the slots that have one. */
export interface Costs {
  operator: OperatorCost;
  summary: SummaryCost;
  flow: FlowCost;
  correction: CorrectionCost;
  method: MethodCost;
}

/** What a plugin says of its component, in the slots whose components are asked for more than they build. */
export interface Traits {
  method: MethodTraits;
  metric: MetricTraits;
}

/**
 * The context of `cost` in addition to the options: the folder of relative paths for an operator, the shapes for a
 * flow, and the survey for a method.
 */
export interface CostContext {
  readonly specFolder?: string;
  readonly shapes?: FlowShapes;
  /** Numbers of unknowns and sources, and the applications of J and J^T that the spec's summary takes. */
  readonly survey?: { readonly unknowns: number; readonly sources: number; readonly summary: number };
}

/** What an operator's survey will be like. */
export interface OperatorShapes extends Pick<Survey, "domain" | "shotRange" | "sources"> {
  /** Whether some cells of the unknown are muted, and whether the survey has a wavelet. */
  readonly muted?: boolean;
  readonly wavelet?: boolean;
}

/** What `shapes` tells in the slots that have one. */
export interface Shapes {
  operator: OperatorShapes;
  summary: Space;
}

/** A sentence, or a small table, about a key of the options. */
export interface Remark {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** How many pairs a training has, how many of them train and validate, and how many make a step. */
export interface PairCounts {
  readonly all: number;
  readonly trained: number;
  readonly held: number;
  readonly batch: number;
}

/**
 * The context of `preflight` and `inspect` in addition to the options: the other components of the scenario, as far
 * as their declarations describe them. A part is absent if the spec has none or its declaration is not enough.
 */
export interface SpecContext {
  /** Where relative paths start from. */
  readonly specFolder: string;
  /** Whether the component is of the nominal problem, and not of a shift. */
  readonly nominal?: boolean;
  /** How the correction combines the sources; absent where there is no flow to correct. */
  readonly encoding?: Encoding;
  /** The operator beside the component: its own scenario's. */
  readonly operator?: OperatorShapes;
  /** The space of the summary of that operator's data. */
  readonly summary?: Space;
  /** What the flow maps, and in which context. */
  readonly flow?: FlowShapes;
  readonly pairs?: PairCounts;
}

/** One component kind. */
export type Plugin<S extends Slot = Slot, O extends z.ZodObject = z.ZodObject> =
  & PluginBase<S, O>
  & (S extends keyof Traits ? Traits[S] : unknown);

/** A kind's place, its schema (the single source of validation, docs and completion), its builder. */
export interface PluginBase<S extends Slot, O extends z.ZodObject> {
  readonly slot: S;
  readonly kind: string;
  /** One sentence for `deno task plugins`. */
  readonly about: string;
  /** Strict object of the options, without `kind`. */
  readonly schema: O;
  build(
    options: z.output<O>,
    context: Slots[S]["context"],
  ): Slots[S]["component"] | Promise<Slots[S]["component"]>;
  /** An operator whose survey has a simulator, or the noise that goes with one. */
  readonly simulates?: true;
  /** A prior whose components have `logDensity` and `score`, or those of some options. */
  readonly density?: true | ((options: z.output<O>) => boolean);
  /** The spaces of what is built, told without building it; nothing where the options alone do not tell them. */
  shapes?(
    options: z.output<O>,
    context: Pick<SpecContext, "specFolder" | "operator">,
  ): (S extends keyof Shapes ? Shapes[S] : never) | undefined;
  /**
   * What is wrong with options that satisfy the schema, or nothing. It may take as long as reading the files that the
   * options name, and no longer.
   */
  preflight?(options: z.output<O>, context: SpecContext): readonly Remark[] | Promise<readonly Remark[]>;
  /** What a user should know of options that pass preflight; `deno task check` prints it. */
  inspect?(options: z.output<O>, context: SpecContext): readonly Remark[];
  /** What the component will cost, without building it. */
  cost?(options: z.output<O>, context?: CostContext): S extends keyof Costs ? Costs[S] : never;
}
