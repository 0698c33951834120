import type { MetricOutput } from "../contracts/metric.ts";
import type { GateOutcome, MetricValues } from "../contracts/summary.ts";
import type { MethodRow } from "./summary.ts";

/** A value and its standard error, where there are any. */
interface Measured {
  readonly value?: number | null;
  readonly error?: number | null;
}

/** How the numbers of a run are shown, by what its summary says of them. */
export interface MetricFormat {
  /** A metric's name in words, without its unit. */
  name(metric: string): string;
  /** Its name and its unit: `SNR [dB]`. */
  label(metric: string): string;
  /** Whether it is about a region of the unknown. */
  regional(metric: string): boolean;
  /** Every metric that some method has, in the order of the summary, those that it does not describe last. */
  names(rows: readonly { readonly values: MetricValues }[]): string[];
  /** `10.42 ± 0.31`; `-` where there is no value, no error where there is none. */
  withError(metric: string, measured: Measured): string;
  /** A difference of a metric with its sign. */
  signed(metric: string, value: number): string;
  /** The methods that do best in a metric as it is shown, none where fewer than two have it. */
  best(metric: string, rows: readonly MethodRow[]): readonly string[];
  /** By how much a value is nearer to its ideal than another; undefined where no value is better than another. */
  improvement(metric: string, change: { readonly from: number; readonly to: number }): number | undefined;
}

/** A metric that is not described is shown by its own name, with three significant digits. */
export function metricFormat(metrics: Readonly<Record<string, MetricOutput>> = {}): MetricFormat {
  const described = (metric: string): MetricOutput => metrics[metric] ?? { label: metric };
  const fixed = (metric: string, value: number, digits = 3) => {
    const { decimals } = described(metric);
    return decimals === undefined ? value.toPrecision(digits) : value.toFixed(decimals);
  };
  return {
    name: (metric) => described(metric).label,
    label(metric) {
      const { label, unit } = described(metric);
      return unit === undefined ? label : `${label} [${unit}]`;
    },
    regional: (metric) => described(metric).regional === true,
    names(rows) {
      const present = new Set(rows.flatMap((row) => Object.keys(row.values)));
      const inOrder = Object.keys(metrics).filter((name) => present.has(name));
      return [...inOrder, ...[...present].filter((name) => !(name in metrics))];
    },
    withError(metric, { value, error }) {
      if (!isNumber(value)) return "-";
      return isNumber(error) ? `${fixed(metric, value)} ± ${fixed(metric, error, 2)}` : fixed(metric, value);
    },
    signed: (metric, value) => (value < 0 ? "" : "+") + fixed(metric, value),
    best(metric, rows) {
      const { better } = described(metric);
      const rated = rows.filter((row) => isNumber(row.values[metric]) && row.method !== "reference");
      if (better === undefined || rated.length < 2) return [];
      const shown = (row: MethodRow) => badness(Number(fixed(metric, row.values[metric]!)), better);
      const least = Math.min(...rated.map(shown));
      return rated.filter((row) => shown(row) === least).map((row) => row.method);
    },
    improvement(metric, { from, to }) {
      const { better } = described(metric);
      return better === undefined ? undefined : badness(from, better) - badness(to, better);
    },
  };
}

/** Distance of a value from the ideal: the smaller the better. */
function badness(value: number, better: NonNullable<MetricOutput["better"]>): number {
  if (typeof better === "number") return Math.abs(value - better);
  return better === "higher" ? -value : value;
}

/** A gate's value with its standard error, and its distance from the limit; empty where there is none. */
export function gateNumbers({ value, standardError, z }: GateOutcome): { value: string; z: string } {
  if (!isNumber(value)) return { value: "-", z: "" };
  const error = isNumber(standardError) ? ` ± ${standardError.toFixed(3)}` : "";
  return { value: value.toFixed(3) + error, z: isNumber(z) ? z.toFixed(1) : "" };
}

/** Whether a value read from JSON is a finite number: NaN and infinities are stored as null. */
export function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
