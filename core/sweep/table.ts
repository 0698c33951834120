import type { SweepSpec } from "../contracts/spec.ts";
import { summarise } from "../metrics/mod.ts";
import { fitted, padded, stringWidth } from "../base/text_width.ts";
import { duration } from "../base/progress.ts";
import { segmentsOf } from "../spec/path_text.ts";
import { cutOverride } from "../spec/sweep_space.ts";
import { lossOf, type TrialRecord } from "./records.ts";

/** Columns in addition to the metric that a sweep ranks by. */
const COLUMNS: readonly (readonly [title: string, metric: string, digits: number])[] = [
  ["SNR dB", "corrected.snr", 2],
  ["amortized", "amortized.snr", 2],
  ["coverage 90", "corrected.coverage90", 2],
  ["solves", "cost.solves", 0],
];

/** Finished trials, best first; repetitions over seeds are one row, with the metric's standard error. */
export function sweepTable(records: readonly TrialRecord[], sweep: SweepSpec): string {
  const { metric } = sweep;
  const columns = [[metric, metric, 4] as const, ...COLUMNS.filter(([, name]) => name !== metric)];
  const groups = Map.groupBy(records.filter(({ state }) => state === "finished"), settingsOf);
  const rows = [...groups].map(([settings, trials]) => {
    const loss = trials.reduce((sum, trial) => sum + lossOf(trial, sweep)!, 0) / trials.length;
    const cells = columns.map(([, name, digits], i) =>
      cellOf(trials.map(({ metrics }) => metrics?.[name]), { digits, error: i === 0 })
    );
    return {
      loss,
      cells: [trials.length === 1 ? trials[0].id : `${trials.length} trials`, settings, ...cells],
    };
  }).sort((a, b) => a.loss - b.loss);
  const all = [["trial", "settings", ...columns.map(([title]) => title)], ...rows.map(({ cells }) => cells)];
  const kept = all[0].map((_, c) => c).filter((c) => c < 2 || all.slice(1).some((row) => row[c] !== "-"));
  const width = (c: number) => Math.max(...all.map((row) => stringWidth(row[c])));
  return all.map((row) =>
    kept.map((c) => padded(row[c], { columns: width(c), right: c >= 2 })).join("  ").trimEnd()
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
  { digits, error }: { digits: number; error: boolean },
): string {
  const known = values.filter((v): v is number => v !== undefined);
  if (known.length === 0) return "-";
  const { mean, standardError } = summarise(known);
  return mean.toFixed(digits) + (error && known.length > 1 ? ` ± ${standardError.toFixed(digits)}` : "");
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
