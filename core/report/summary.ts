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
  readonly errors?: Readonly<Record<string, Values>>;
  /** Of one correction. */
  readonly cost?: { readonly solves: number; readonly passes: number; readonly seconds: number };
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
  readonly gates: readonly {
    readonly name: string;
    readonly value: number | null;
    readonly limit: string;
    readonly passed: boolean;
  }[];
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
  amortized: "amortized",
  corrected: "corrected",
};

/** A method's name in words. */
export function labelOf(method: string): string {
  return LABELS[method] ?? method;
}

/** The methods that a scenario was judged by, the classical ones first. */
export function methodRows(scenario: ScenarioSummary): MethodRow[] {
  const { reference, migration, baselines, amortized, corrected, errors } = scenario;
  const all = Object.entries({ reference, migration, ...baselines, amortized, corrected });
  return all.flatMap(([method, values]) =>
    values && Object.keys(values).length > 0
      ? [{ method, label: labelOf(method), values, errors: errors?.[method] ?? {} }]
      : []
  );
}
