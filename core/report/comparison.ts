import type { RunSummary, ScenarioSummary } from "../contracts/summary.ts";
import { keyText } from "../base/key_text.ts";
import { isNumber, type MetricFormat, metricFormat } from "./metric_format.ts";
import type { RunEvent, RunFolder } from "./run_folder.ts";
import { type MethodRow, methodRows } from "./summary.ts";

type Scalar = string | number | boolean | null;

/** A finished run among those compared. */
export interface ComparedRun extends RunFolder {
  readonly summary: RunSummary;
  /** Its resolved spec by dotted paths. */
  readonly settings: Readonly<Record<string, Scalar>>;
}

/** A setting that differs between runs, with its value in each. Undefined if the spec of a run has no such path. */
interface ChangedSetting {
  readonly path: string;
  readonly values: readonly (Scalar | undefined)[];
}

/**
 * A metric in one run. `difference` is the difference from the first run; absent for the first run, or if one of the
 * two lacks the metric.
 */
export interface ComparedValue {
  readonly value: number | null;
  readonly error: number | null;
  readonly difference?: {
    readonly value: number;
    /** Standard error of the difference; null if it is not known. */
    readonly error: number | null;
    /** Whether the difference is paired by observation. What the same observations have in common then cancels. */
    readonly paired: boolean;
    /** Whether the difference is larger than {@link CLEAR} standard errors. */
    readonly clear: boolean;
  };
}

/** A method's metrics in a scenario, each with one value a run, undefined where a run lacks the method. */
export interface ComparedMethod {
  readonly method: string;
  readonly label: string;
  readonly metrics: readonly {
    readonly metric: string;
    readonly values: readonly (ComparedValue | undefined)[];
  }[];
}

export interface ComparedScenario {
  readonly name: string;
  readonly slug: string;
  /** The scenario in each run. */
  readonly inRuns: readonly (ScenarioSummary | undefined)[];
  readonly methods: readonly ComparedMethod[];
}

/** Runs beside the first of them. */
export interface Comparison {
  /** How their metrics are shown. */
  readonly format: MetricFormat;
  readonly runs: readonly ComparedRun[];
  readonly settings: readonly ChangedSetting[];
  readonly scenarios: readonly ComparedScenario[];
}

/** A difference larger than this many standard errors is marked. Between equal runs one in twenty is marked. */
const CLEAR = 2;

export function comparisonOf(runs: readonly ComparedRun[]): Comparison {
  const names = [...new Set(runs.flatMap((run) => run.summary.scenarios.map(({ name }) => name)))];
  const format = metricFormat(Object.assign({}, ...runs.toReversed().map(({ summary }) => summary.metrics)));
  return {
    format,
    runs,
    settings: changedSettings(runs),
    scenarios: names.map((name) => comparedScenario(runs, { name, format })),
  };
}

/** The settings that are not the same in all runs. */
function changedSettings(runs: readonly ComparedRun[]): ChangedSetting[] {
  const paths = [...new Set(runs.flatMap(({ settings }) => Object.keys(settings)))];
  return paths.map((path) => ({ path, values: runs.map(({ settings }) => settings[path]) }))
    .filter(({ values }) => values.some((value) => value !== values[0]));
}

function comparedScenario(
  runs: readonly ComparedRun[],
  { name, format }: { name: string; format: MetricFormat },
): ComparedScenario {
  const inRuns = runs.map((run) => run.summary.scenarios.find((s) => s.name === name));
  const rows = inRuns.map((scenario) => scenario ? methodRows(scenario) : []);
  const methods = [...new Set(rows.flat().map(({ method }) => method))];
  return {
    name,
    slug: inRuns.find(Boolean)!.slug,
    inRuns,
    methods: methods.map((method) => {
      const rowsOfMethod = rows.map((all) => all.find((row) => row.method === method));
      const metrics = format.names(rowsOfMethod.filter((row) => row !== undefined));
      return {
        method,
        label: rowsOfMethod.find((row) => row !== undefined)!.label,
        metrics: metrics.map((metric) => ({
          metric,
          values: valuesOf(runs, { scenario: name, metric, rowsOfMethod }),
        })),
      };
    }),
  };
}

function valuesOf(
  runs: readonly ComparedRun[],
  { scenario, metric, rowsOfMethod }: {
    scenario: string;
    metric: string;
    rowsOfMethod: readonly (MethodRow | undefined)[];
  },
): (ComparedValue | undefined)[] {
  return rowsOfMethod.map((row, i): ComparedValue | undefined => {
    if (!row || !(metric in row.values)) return undefined;
    const value = row.values[metric], error = row.errors[metric] ?? null, base = rowsOfMethod[0];
    const from = base?.values[metric];
    if (i === 0 || !isNumber(value) || !isNumber(from)) return { value, error };
    const pairs = { scenario, method: row.method, metric };
    const paired = sameObservations(runs[0], { other: runs[i], scenario })
      ? pairedError([runs[0], runs[i]], pairs)
      : undefined;
    const spread = paired ?? independentError(base!.errors[metric], error), difference = value - from;
    const clear = spread !== null && Math.abs(difference) > CLEAR * spread;
    return {
      value,
      error,
      difference: { value: difference, error: spread, paired: paired !== undefined, clear },
    };
  });
}

function independentError(a: number | null | undefined, b: number | null): number | null {
  return isNumber(a) && isNumber(b) ? Math.hypot(a, b) : null;
}

/** Settings that the observations depend on. For a scenario they are given below its name. */
const OF_OBSERVATIONS = /^(seed$|(prior|operator|noise)\.|evaluation\.(observations$|files))/;

/**
 * Whether a scenario has the same truths and data in two runs: the same seed, problem and number of observations.
 */
function sameObservations(
  run: ComparedRun,
  { other, scenario }: { other: ComparedRun; scenario: string },
): boolean {
  const prefix = `scenarios.${keyText(scenario)}.`;
  const relevant = (path: string) =>
    OF_OBSERVATIONS.test(path.startsWith(prefix) ? path.slice(prefix.length) : path);
  const paths = Object.keys({ ...run.settings, ...other.settings }).filter(relevant);
  return paths.length > 0 && paths.every((path) => run.settings[path] === other.settings[path]);
}

/** Standard error of the mean difference over observations; undefined where not both runs recorded at least two. */
function pairedError(
  [a, b]: readonly [ComparedRun, ComparedRun],
  { scenario, method, metric }: { scenario: string; method: string; metric: string },
): number | undefined {
  const [from, to] = [a, b].map(({ events }) => {
    const judged = events.filter((e) =>
      e.stage === "evaluate" && e.scenario === scenario && e.method === method
    );
    return new Map(judged.map((event: RunEvent) => [event.observation, event[metric]]));
  });
  const differences = [...from].flatMap(([i, value]) => {
    const other = to.get(i);
    return isNumber(value) && isNumber(other) ? [other - value] : [];
  });
  const n = differences.length;
  if (n < 2 || n !== to.size) return undefined;
  const mean = differences.reduce((sum, d) => sum + d, 0) / n;
  return Math.sqrt(differences.reduce((sum, d) => sum + (d - mean) ** 2, 0) / (n - 1) / n);
}

/** Whether a method has the same result in every run: no metric of any observation differs. */
export function isUnchanged({ metrics }: ComparedMethod): boolean {
  return metrics.every(({ values }) =>
    values.slice(1).every((value) => value?.difference?.value === 0 && value.difference.error === 0)
  );
}

/**
 * The number of metrics of the later runs that can be compared with the first run, and how many of them clearly
 * differ.
 */
function countClear({ scenarios }: Comparison): { judged: number; clear: number } {
  const differences = scenarios.flatMap(({ methods }) => methods.flatMap(({ metrics }) => metrics))
    .flatMap(({ values }) => values.flatMap((value) => value?.difference ?? []))
    .filter(({ error }) => error !== null);
  return { judged: differences.length, clear: differences.filter(({ clear }) => clear).length };
}

/** A sentence that says how many metrics differ. */
export function comparisonSentence(comparison: Comparison): string {
  const { judged, clear } = countClear(comparison), { settings, runs } = comparison;
  const specs = settings.length === 0
    ? "The specs are the same"
    : `${settings.length} setting${settings.length === 1 ? " differs" : "s differ"}`;
  const others = runs.length === 2 ? "run 2" : `runs 2 to ${runs.length}`;
  return `${specs}; of ${judged} metrics of ${others}, ${clear} differ${
    clear === 1 ? "s" : ""
  } from run 1 by more than ` +
    `${CLEAR} standard errors, where chance alone makes about one in twenty.`;
}
