import type { MethodLook } from "./method.ts";
import type { MetricOutput } from "./metric.ts";

/**
 * `summary.json`: the machine-readable outcome of a run, of the same form for every problem. A run writes it; the
 * report, sweeps and lists of results read it. JSON has no NaN and no infinity: a number that is not finite is null.
 */
export interface RunSummary {
  readonly name: string;
  readonly specHash: string;
  readonly engine: string;
  readonly seconds: number;
  readonly problem: ProblemSummary;
  readonly stages: readonly StageSummary[];
  /** What the numbers below are, by metric name. Runs from before this field lack it. */
  readonly metrics?: Readonly<Record<string, MetricOutput>>;
  readonly scenarios: readonly ScenarioSummary[];
  readonly gates: readonly GateOutcome[];
}

/** The unknown. */
export interface ProblemSummary {
  readonly kind: string;
  readonly shape: readonly number[];
  /** Metres per cell along [z, x]. */
  readonly spacing?: readonly number[];
  readonly unit?: string;
}

/** The time and the wave-equation solves of a stage of the run. */
export interface StageSummary {
  readonly name: string;
  readonly seconds: number;
  readonly solves: number;
  readonly cached: boolean;
}

/** Numbers by metric name; null where a metric has no finite value. */
export type MetricValues = Readonly<Record<string, number | null>>;

/**
 * One scenario: means over its observations, and `errors`, their standard errors by method. `errors.gain` is that of
 * corrected less amortized, paired by observation.
 */
export interface ScenarioSummary {
  readonly name: string;
  readonly slug: string;
  readonly observations: number;
  /** The methods that it was judged by, in their order, and how tables and charts show them. */
  readonly methods?: Readonly<Record<string, MethodLook>>;
  readonly reference?: MetricValues;
  readonly baselines?: Readonly<Record<string, MetricValues>>;
  readonly migration?: MetricValues;
  readonly amortized?: MetricValues;
  readonly corrected?: MetricValues;
  readonly refined?: MetricValues;
  readonly policy?: MetricValues;
  readonly errors?: Readonly<Record<string, MetricValues>>;
  /** Metrics that some observations lack, by method, or p-values of "detection" and "calibration". */
  readonly absent?: Readonly<Record<string, Readonly<Record<string, Absence>>>>;
  /** p-values that the observations are like the training data: all together, and one by one. */
  readonly detection?: ScenarioPValues & { readonly observations: readonly ObservationPValues[] };
  /** Which posterior the policy takes of each observation. */
  readonly decisions?: readonly {
    readonly action: string;
    readonly reason: string;
    readonly warning: boolean;
    readonly solves: number;
  }[];
  /** By method. */
  readonly calibration?: Readonly<Record<string, CalibrationSummary>>;
  /** Accuracy beside cost: a point of each method, and of a correction's passes. */
  readonly tradeoff?: readonly TradeoffPoint[];
  /** The mean cost of one correction. */
  readonly cost?: { readonly solves: number; readonly passes: number; readonly seconds: number };
}

/** How many observations lack a metric, by reason. */
export type Absence = Readonly<Record<string, number>>;

/** p-values of the detectors; `residual` and `latent` only where nominal observations were simulated. */
export interface DetectorPValues {
  readonly summary?: number | null;
  readonly residual?: number | null;
  readonly latent?: number | null;
  readonly joint?: number | null;
}

/** The p-values of one observation; `absent` says why a detector has none. */
export interface ObservationPValues extends DetectorPValues {
  readonly absent?: Readonly<Record<string, string>>;
}

/** The p-values of a scenario: those of its observations joined by Bonferroni, and of all observations together. */
export interface ScenarioPValues extends DetectorPValues {
  readonly together?: number | null;
}

/** p-values of the tests of a posterior on many truths; `groups` by depth. */
export interface CalibrationSummary {
  readonly observations: number;
  readonly samples: number;
  readonly sbc: MetricValues;
  readonly coverage: MetricValues;
  readonly tarp: number | null;
  readonly groups: MetricValues;
  readonly pValue: number | null;
}

/** The value of a gate, its limit, and the test that compares them. */
export interface GateOutcome {
  readonly name: string;
  readonly limit: string;
  /** Null if the value is absent. */
  readonly value: number | null;
  /** Why the value is absent. */
  readonly reason?: string;
  /**
   * Standard error of the value. For a gain it is that of the paired differences. Absent for p-values and for one
   * observation.
   */
  readonly standardError?: number | null;
  /** Distance of the value from the limit in standard errors; negative if the value misses the limit. */
  readonly z?: number | null;
  /** Probability of a value at least this far on the wrong side, if the true value is exactly at the limit. */
  readonly pValue?: number | null;
  readonly passed: boolean;
}

/**
 * The accuracy and the cost of a method, of one observation or as a mean. `pass` is the number of passes after which
 * a correction was judged; the largest is its end.
 */
export interface TradeoffPoint {
  readonly method: string;
  readonly pass?: number;
  /** Wave-equation solves of an observation; what an operator takes once is not among them. */
  readonly solves: number;
  readonly snr?: number;
  readonly coverage90?: number;
  readonly crps?: number;
}
