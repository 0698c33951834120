import { alignedTable } from "../base/text_table.ts";
import {
  type ComparedScenario,
  type ComparedValue,
  type Comparison,
  comparisonSentence,
  isUnchanged,
} from "./comparison.ts";
import type { MetricFormat } from "./metric_format.ts";

/** More runs than this are rows, with their main metrics alone: as columns they would not fit a terminal. */
const MOST_COLUMNS = 4;

const MAIN_METRICS = ["snr", "coverage90", "crps", "dataResidual"];

/** The comparison as text: runs, settings that differ, metrics; `*` at differences beyond two standard errors. */
export function comparisonText(comparison: Comparison): string {
  const { runs, settings, scenarios, format } = comparison, numbers = runs.map((_, i) => `[${i + 1}]`);
  const list = runs.map(({ path, summary: { specHash, engine, seconds } }, i) =>
    `${numbers[i]} ${path}  (spec ${specHash}, ${engine}, ${seconds.toFixed(1)} s)`
  );
  const changed = settings.length === 0 ? "The specs are the same." : alignedTable([
    ["settings that differ", ...numbers],
    ...settings.map(({ path, values }) => [path, ...values.map(settingText)]),
  ]);
  const tables = scenarios.map((scenario) =>
    runs.length <= MOST_COLUMNS
      ? runColumns(scenario, { numbers, format })
      : runRows(scenario, { numbers, format })
  );
  return [list.join("\n"), changed, ...tables, comparisonSentence(comparison)].join("\n\n");
}

/** A setting's value; `-` where a spec does not have it. */
export function settingText(value: string | number | boolean | null | undefined): string {
  return value === undefined ? "-" : String(value);
}

/** The runs' numbers, and how their metrics are shown. */
interface Shown {
  readonly numbers: readonly string[];
  readonly format: MetricFormat;
}

/** Runs as columns, then the differences from the first; methods that did the same everywhere are only named. */
function runColumns({ name, methods }: ComparedScenario, { numbers, format }: Shown): string {
  const later = numbers.slice(1).map((number) => `${number} - [1]`);
  const same = methods.filter(isUnchanged).map(({ label }) => label);
  const body = methods.filter((method) => !isUnchanged(method)).flatMap(({ label, metrics }) =>
    metrics.map(({ metric, values }, m) => [
      m === 0 ? label : "",
      format.label(metric),
      ...values.map((value) => value ? format.withError(metric, value) : "-"),
      ...values.slice(1).map((value) => differenceText(value, { metric, format })),
    ])
  );
  const lines = same.length > 0 ? `\nThe same in every run: ${same.join(", ")}.` : "";
  return alignedTable([[name, "", ...numbers, ...later], ...body]) + lines;
}

/** Runs as rows; a value that clearly differs from the first run's is starred. */
function runRows({ name, methods }: ComparedScenario, { numbers, format }: Shown): string {
  const columns = methods.flatMap(({ label, metrics }) =>
    metrics.filter(({ metric }) => MAIN_METRICS.includes(metric)).map((compared) => ({ label, ...compared }))
  );
  const body = numbers.map((number, i) => [
    number,
    ...columns.map(({ metric, values }) => {
      const value = values[i];
      return value
        ? format.withError(metric, { value: value.value }) + (value.difference?.clear ? "*" : " ")
        : "- ";
    }),
  ]);
  const label = (index: number) =>
    columns[index - 1]?.label === columns[index]?.label ? "" : columns[index].label;
  const heads = [
    [name, ...columns.map((_, c) => label(c))],
    ["", ...columns.map(({ metric }) => format.label(metric))],
  ];
  return alignedTable([...heads, ...body]);
}

/** `+0.42 ± 0.05 *`, or `same` if the difference is 0 in every observation. */
export function differenceText(
  value: ComparedValue | undefined,
  { metric, format }: { metric: string; format: MetricFormat },
): string {
  if (!value?.difference) return "-";
  const { value: difference, error, clear } = value.difference;
  if (difference === 0 && error === 0) return "same  ";
  const spread = error === null ? "" : ` ± ${format.withError(metric, { value: error })}`;
  return `${format.signed(metric, difference)}${spread}${clear ? " *" : "  "}`;
}
