import type { MetricOutput } from "../contracts/metric.ts";
import { type MetricFormat, metricFormat } from "../report/metric_format.ts";
import { UsageError } from "../base/usage.ts";
import { writeAtomic } from "../base/files.ts";
import { csvOf, parquetOf } from "./export.ts";
import { indexedRecords } from "./index.ts";
import { withLiveness } from "./liveness.ts";
import { chosenColumns, filtered, parseFilter, sorted } from "./query.ts";
import type { RunRecord } from "./record.ts";
import { type Cell, columnsOf, longRows, type Row, RUN_COLUMNS, wideRows } from "./rows.ts";
import { alignedTable } from "../base/text_table.ts";

export interface ResultsFlags {
  /** A column, `-` in front of it for the largest first. */
  readonly sort?: string;
  /** Comma-separated. */
  readonly columns?: string;
  readonly limit?: string;
  /** One row a metric. */
  readonly long: boolean;
  readonly json: boolean;
  /** Files to write; `-` is standard output. */
  readonly csv?: string;
  readonly parquet?: string;
}

/** What is printed unless columns are chosen: of these, those that some run has. */
const DEFAULT_METRICS = [
  "amortized.snr",
  "corrected.snr",
  "corrected.coverage90",
  "corrected.crps",
  "cost.solves",
];

/** A list of runs: rows, the columns asked for, and all there are. */
interface Listing {
  readonly rows: readonly Row[];
  readonly columns: readonly string[];
}

/**
 * Lists the runs below `root` that meet the filters, as text, JSON or files. Gives what to print.
 * Unknown columns and bad filters throw a {@link UsageError}.
 */
export async function listResults(
  { root, filters, metrics, say }: {
    root: string;
    filters: readonly string[];
    /** What is said of the metrics. */
    metrics: Readonly<Record<string, MetricOutput>>;
    say: (line: string) => void;
  },
  flags: ResultsFlags,
): Promise<string> {
  const limit = limitOf(flags.limit),
    conditions = (columns: readonly string[]) => filters.map((filter) => parseFilter(filter, columns));
  conditions([]);
  if (flags.csv === "-" && flags.json) {
    throw new UsageError("--json and --csv - both print: choose one of them");
  }
  const records = await withLiveness(await indexedRecords(root, say));
  if (records.length === 0) return `There are no runs below ${root}.`;
  const wide = wideRows(records), wideColumns = columnsOf(wide);
  const chosen = filtered(wide, { filters: conditions(wideColumns), columns: wideColumns });
  const rows = flags.long ? longOf(records, chosen) : chosen,
    all = flags.long ? columnsOf(rows) : wideColumns;
  const inOrder = sorted(rows, { by: flags.sort ?? "time", columns: all }).slice(0, limit);
  const columns = flags.columns === undefined ? undefined : chosenColumns(flags.columns, all);
  return await delivered({ rows: inOrder, columns: columns ?? all }, flags, () => {
    const shown = columns ?? (flags.long ? LONG_COLUMNS : defaultColumns(all));
    return `${textTable({ rows: inOrder, columns: shown }, metricFormat(metrics))}\n${
      counted(inOrder, records)
    }`;
  });
}

const LONG_COLUMNS = ["name", "time", "hash", "scenario", "method", "metric", "value", "error"];

/** The files that were asked for, and what to print of a listing: where nothing else was asked for, `text`. */
async function delivered(
  { rows, columns }: Listing,
  { json, csv, parquet }: ResultsFlags,
  text: () => string,
): Promise<string> {
  const written: string[] = [];
  const write = async (path: string, content: string | Uint8Array) => {
    try {
      await writeAtomic(path, content);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotCapable)) throw error;
      throw new UsageError(
        `${path} lies outside the folder that this task may write, results: choose a file there`,
      );
    }
    written.push(`${path}: ${rows.length} row${rows.length === 1 ? "" : "s"} of ${columns.length} columns`);
  };
  if (parquet !== undefined) await write(parquet, await parquetOf(rows, columns));
  if (csv !== undefined && csv !== "-") await write(csv, csvOf(rows, columns));
  if (csv === "-") return csvOf(rows, columns).trimEnd();
  if (json) {
    return JSON.stringify(
      rows.map((row) => Object.fromEntries(columns.map((c) => [c, row[c] ?? null]))),
      null,
      2,
    );
  }
  return written.length > 0 ? written.join("\n") : text();
}

function limitOf(text?: string): number | undefined {
  if (text !== undefined && !/^[1-9]\d*$/.test(text)) {
    throw new UsageError(`--limit is ${text}: it must be a whole number of at least 1`);
  }
  return text === undefined ? undefined : Number(text);
}

function longOf(records: readonly RunRecord[], chosen: readonly Row[]): Row[] {
  const pairs = new Set(chosen.map(({ folder, scenario }) => JSON.stringify([folder, scenario])));
  return longRows(records, (folder, scenario) => pairs.has(JSON.stringify([folder, scenario])));
}

function defaultColumns(all: readonly string[]): string[] {
  const metrics = DEFAULT_METRICS.filter((name) => all.includes(name));
  const head = RUN_COLUMNS.filter((name) => !["seed", "git", "folder"].includes(name));
  return [...head, "scenario", ...metrics, "folder"];
}

/** Aligned text; what a run's further scenarios share with its first is not said again. */
function textTable({ rows, columns }: Listing, format: MetricFormat): string {
  const body = rows.map((row, i) => {
    const again = i > 0 && !("metric" in row) && rows[i - 1].folder === row.folder;
    return columns.map((column) => again && isOfRun(column) ? "" : shown(row, { column, format }));
  });
  return alignedTable([[...columns], ...body]);
}

function isOfRun(column: string): boolean {
  return RUN_COLUMNS.includes(column) || column.startsWith("spec.");
}

function shown(row: Row, { column, format }: { column: string; format: MetricFormat }): string {
  const value: Cell = row[column] ?? null;
  if (value === null) return "-";
  if (column === "time") return String(value).slice(0, 19).replace("T", " ");
  if (column === "git" || column === "hash") return String(value).slice(0, 8);
  if (column === "seconds" || column === "cost.seconds") return Number(value).toFixed(1);
  if (typeof value !== "number") return value;
  if (column === "value") return format.withError(String(row.metric), { value });
  const error = row[`${column}.error`];
  if (error !== undefined) {
    return format.withError(column.split(".")[1], { value, error: error as number | null });
  }
  return String(Number(value.toPrecision(5)));
}

function counted(rows: readonly Row[], records: readonly RunRecord[]): string {
  const listed = new Set(rows.map(({ folder }) => folder)).size;
  return `${listed} of ${records.length} run${records.length === 1 ? "" : "s"}`;
}
