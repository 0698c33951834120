import type { SweepSpec } from "../contracts/spec.ts";
import { summarise } from "../metrics/mod.ts";
import type { MetricFormat } from "../report/metric_format.ts";
import { fitted, padded, stringWidth } from "../base/text_width.ts";
import { duration } from "../base/progress.ts";
import { segmentsOf } from "../spec/path_text.ts";
import { cutOverride } from "../spec/sweep_space.ts";
import { lossOf, type TrialRecord } from "./records.ts";

/** Metrics that are shown in addition to the one that a sweep ranks by. */
const SHOWN = ["corrected.snr", "amortized.snr", "corrected.coverage90"];

/** A column of numbers. */
interface Column {
  readonly title: string;
  /** The name of the number in a trial's metrics. */
  readonly number: string;
  text(value: number): string;
}

/** The metric that the sweep ranks by, the shown ones, and the solves of a correction. */
function columnsFor(ranked: string, format: MetricFormat): Column[] {
  const shown = SHOWN.filter((number) => number !== ranked).map((number): Column => {
    const [method, metric] = number.split(".");
    return {
      title: `${method} ${format.label(metric)}`,
      number,
      text: (value) => format.withError(metric, { value }),
    };
  });
  return [
    { title: ranked, number: ranked, text: (value) => value.toFixed(4) },
    ...shown,
    { title: "solves", number: "cost.solves", text: (value) => value.toFixed(0) },
  ];
}

/** Finished trials, best first; repetitions over seeds are one row, with the metric's standard error. */
export function sweepTable(
  records: readonly TrialRecord[],
  { sweep, format }: { sweep: SweepSpec; format: MetricFormat },
): string {
  const columns = columnsFor(sweep.metric, format);
  const groups = Map.groupBy(records.filter(({ state }) => state === "finished"), settingsOf);
  const rows = [...groups].map(([settings, trials]) => {
    const loss = trials.reduce((sum, trial) => sum + lossOf(trial, sweep)!, 0) / trials.length;
    const cells = columns.map(({ number, text }, i) =>
      cellOf(trials.map(({ metrics }) => metrics?.[number]), { text, error: i === 0 })
    );
    return {
      loss,
      cells: [trials.length === 1 ? trials[0].id : `${trials.length} trials`, settings, ...cells],
    };
  }).sort((a, b) => a.loss - b.loss);
  const all = [
    ["trial", "settings", ...columns.map(({ title }) => title)],
    ...rows.map(({ cells }) => cells),
  ];
  const filled = all[0].map((_, c) => c).filter((c) => c < 2 || all.slice(1).some((row) => row[c] !== "-"));
  const width = (c: number) => Math.max(...all.map((row) => stringWidth(row[c])));
  return all.map((row) =>
    filled.map((c) => padded(row[c], { columns: width(c), right: c >= 2 })).join("  ").trimEnd()
  ).join("\n");
}

/** What distinguishes a trial, seeds apart: the last key of each path with its value. */
export function settingsOf({ overrides }: Pick<TrialRecord, "overrides">): string {
  return overrides.map(cutOverride).filter(({ key }) => key !== "seed").map(({ key, value }) => {
    const last = segmentsOf(key)?.at(-1)?.name ?? key;
    return `${last}=${typeof value === "string" ? value : JSON.stringify(value)}`;
  }).join("  ") || "as written";
}

function cellOf(
  values: readonly (number | undefined)[],
  { text, error }: { text: Column["text"]; error: boolean },
): string {
  const numbers = values.filter((v): v is number => v !== undefined);
  if (numbers.length === 0) return "-";
  const { mean, standardError } = summarise(numbers);
  return text(mean) + (error && numbers.length > 1 ? ` ± ${text(standardError)}` : "");
}

/** Counts, the best so far and the time left, in a line. */
export function sweepLine(
  records: readonly TrialRecord[],
  { sweep, total, left, columns = Infinity }: {
    sweep: SweepSpec;
    total?: number;
    left?: number;
    /** Room for the line. */
    columns?: number;
  },
): string {
  const count = (state: TrialRecord["state"]) => records.filter((record) => record.state === state).length;
  const [done, running, failed] = [count("finished"), count("open"), count("failed")];
  const { metric } = sweep, best = bestOf(records, sweep);
  const parts = [
    { text: `${done}${total === undefined ? "" : ` of ${total}`} done`, rank: 0 },
    { text: `${running} running`, rank: 2 },
    ...failed > 0 ? [{ text: `${failed} failed`, rank: 1 }] : [],
    ...best
      ? [{ text: `best ${metric} ${best.metrics![metric].toPrecision(4)} (${settingsOf(best)})`, rank: 4 }]
      : [],
    ...left === undefined ? [] : [{ text: `${duration(left)} left`, rank: 3 }],
  ];
  return fitted(parts, { columns, separator: ", " });
}

function bestOf(records: readonly TrialRecord[], sweep: SweepSpec): TrialRecord | undefined {
  const loss = (record: TrialRecord) => lossOf(record, sweep) ?? Infinity;
  const finite = records.filter((record) => loss(record) < Infinity);
  return finite.toSorted((a, b) => loss(a) - loss(b))[0];
}
