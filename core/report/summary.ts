import type { TradeoffPoint } from "../contracts/summary.ts";

/** Numbers by metric name; null where a metric has no finite value. */
export type Values = Readonly<Record<string, number | null>>;

/**
 * One scenario of `summary.json`: means over its observations, and `errors`, their standard errors by method;
 * `errors.gain` is that of corrected less amortized, paired by observation.
 */
export interface ScenarioSummary {
  readonly name: string;
  readonly slug: string;
  readonly observations: number;
  readonly reference?: Values;
  readonly baselines?: Readonly<Record<string, Values>>;
  readonly migration?: Values;
  readonly amortized?: Values;
  readonly corrected?: Values;
  readonly refined?: Values;
  readonly policy?: Values;
  readonly errors?: Readonly<Record<string, Values>>;
  /** Metrics that some observations lack, by method, or p-values of "detection" and "calibration". */
  readonly absent?: Readonly<Record<string, Readonly<Record<string, Absence>>>>;
  /** p-values that the observations are like the training data: all together, and one by one. */
  readonly detection?: ScenarioPValues & { readonly observations: readonly PValues[] };
  /** Which posterior the policy takes of each observation. */
  readonly decisions?: readonly {
    readonly action: string;
    readonly reason: string;
    readonly warning: boolean;
    readonly solves: number;
  }[];
  /** By method. */
  readonly calibration?: Readonly<Record<string, CalibrationSummary>>;
  /** Accuracy beside cost, a point a method, and a correction's passes. */
  readonly tradeoff?: readonly TradeoffPoint[];
  /** Of one correction. */
  readonly cost?: { readonly solves: number; readonly passes: number; readonly seconds: number };
}

/** How many observations lack a metric, by reason. */
export type Absence = Readonly<Record<string, number>>;

/** p-values of the detectors; `residual` and `latent` only where nominal observations were simulated. */
interface PValues {
  readonly summary?: number | null;
  readonly residual?: number | null;
  readonly latent?: number | null;
  readonly joint?: number | null;
}

/** Of a scenario: its observations one by one, joined by Bonferroni, and all together. */
interface ScenarioPValues extends PValues {
  readonly together?: number | null;
}

/** p-values of the tests of a posterior on many truths; `groups` by depth. */
export interface CalibrationSummary {
  readonly observations: number;
  readonly samples: number;
  readonly sbc: Values;
  readonly coverage: Values;
  readonly tarp: number | null;
  readonly groups: Values;
  readonly pValue: number | null;
}

/** A limit that the run set itself, and its outcome; `z` counts standard errors on the right side of the limit. */
export interface Gate {
  readonly name: string;
  readonly value: number | null;
  readonly limit: string;
  readonly standardError?: number | null;
  readonly z?: number | null;
  /** Why there is no value. */
  readonly reason?: string;
  readonly passed: boolean;
}

/** `summary.json` as the report reads it. */
export interface RunSummary {
  readonly name: string;
  readonly specHash: string;
  readonly engine: string;
  readonly seconds: number;
  readonly problem: {
    readonly kind: string;
    readonly shape: readonly number[];
    /** Metres per cell along [z, x]. */
    readonly spacing?: readonly number[];
    readonly unit?: string;
  };
  readonly stages: readonly {
    readonly name: string;
    readonly seconds: number;
    readonly solves: number;
    readonly cached: boolean;
  }[];
  readonly scenarios: readonly ScenarioSummary[];
  readonly gates: readonly Gate[];
}

/** The gain of the correction in a metric, from means over the same observations. `null` if it cannot be computed. */
export function gainOf({ amortized, corrected, absent }: ScenarioSummary, metric: string): number | null {
  const from = amortized?.[metric], to = corrected?.[metric];
  if (absent?.amortized?.[metric] || absent?.corrected?.[metric]) return null;
  return typeof from === "number" && typeof to === "number" ? to - from : null;
}

/** One method's row of a scenario's table. */
export interface MethodRow {
  readonly method: string;
  readonly label: string;
  readonly values: Values;
  readonly errors: Values;
}

const LABELS: Readonly<Record<string, string>> = {
  reference: "reference posterior",
  migration: "migration, best scale",
  cgls: "least squares",
  lsrtm: "least-squares RTM",
  gaussian: "linear Gaussian",
  hierarchical: "hierarchical Gaussian",
  variational: "variational",
  map: "latent MAP",
  amortized: "amortized",
  corrected: "corrected",
  refined: "refined",
  policy: "policy",
};

/** A method's name in words. */
export function labelOf(method: string): string {
  return LABELS[method] ?? method;
}

/** The methods that a scenario was judged by, the classical ones first. */
export function methodRows(scenario: ScenarioSummary): MethodRow[] {
  const { reference, migration, baselines, amortized, corrected, refined, policy, errors } = scenario;
  const all = Object.entries({ reference, migration, ...baselines, amortized, corrected, refined, policy });
  return all.flatMap(([method, values]) =>
    values && Object.keys(values).length > 0
      ? [{ method, label: labelOf(method), values, errors: errors?.[method] ?? {} }]
      : []
  );
}
