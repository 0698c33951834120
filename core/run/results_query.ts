import { didYouMean } from "../spec/mod.ts";
import { UsageError } from "../usage.ts";
import type { Row } from "./results_rows.ts";

/** A condition on one column. */
export interface Filter {
  readonly column: string;
  readonly comparison: string;
  readonly value: string;
}

const FILTER = /^([^<>=!]+?)\s*(<=|>=|!=|=|<|>)\s*(.+)$/;

/** Filters of a run's start, which are no columns. */
const PERIOD = { since: ">=", until: "<=" } as const;

/** Columns whose values are known by their first characters. */
const BY_PREFIX = ["git", "hash"];

/** `corrected.snr>=9`, `name=prior-shift`, `since=2026-01-31`. */
export function parseFilter(text: string): Filter {
  const [, column, comparison, value] = FILTER.exec(text) ?? [];
  if (column === undefined) {
    throw new UsageError(
      `The filter ${text} has no comparison: write COLUMN=VALUE, or one of != < <= > >=, like corrected.snr>=9`,
    );
  }
  if (!Object.hasOwn(PERIOD, column)) return { column, comparison, value };
  if (comparison !== "=" || !/^\d{4}(-\d\d(-\d\d(T[\d:.]+Z?)?)?)?$/.test(value)) {
    throw new UsageError(`The filter ${text} needs a date, like ${column}=2026-01-31`);
  }
  return { column: "time", comparison: PERIOD[column as keyof typeof PERIOD], value };
}

/** The rows that meet every filter. An unknown column is refused with the nearest known one. */
export function filtered(
  rows: readonly Row[],
  { filters, columns }: { filters: readonly Filter[]; columns: readonly string[] },
): Row[] {
  for (const { column } of filters) known(column, { columns, what: "filter by" });
  return rows.filter((row) => filters.every((filter) => meets(row, filter)));
}

function meets(row: Row, { column, comparison, value }: Filter): boolean {
  const cell = row[column] ?? null;
  if (cell === null) return comparison === "!=";
  if (BY_PREFIX.includes(column)) return String(cell).startsWith(value) === (comparison === "=");
  if (column === "time") return compare(String(cell).slice(0, value.length), { comparison, to: value });
  const number = Number(value);
  return typeof cell === "number" && !Number.isNaN(number)
    ? compare(cell, { comparison, to: number })
    : compare(String(cell), { comparison, to: value });
}

function compare<T extends string | number>(
  a: T,
  { comparison, to }: { comparison: string; to: T },
): boolean {
  if (comparison === "=") return a === to;
  if (comparison === "!=") return a !== to;
  const ordered = comparison[0] === "<" ? a < to : a > to;
  return ordered || (comparison.endsWith("=") && a === to);
}

/** Rows by a column, ascending, with `-` in front descending; rows without a value last. */
export function sorted(
  rows: readonly Row[],
  { by, columns }: { by: string; columns: readonly string[] },
): Row[] {
  const column = by.replace(/^-/, ""), sign = by.startsWith("-") ? -1 : 1;
  known(column, { columns, what: "sort by" });
  return rows.toSorted((a, b) => {
    const x = a[column] ?? null, y = b[column] ?? null;
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return sign * (x < y ? -1 : Number(x > y));
  });
}

/** The names of a list of columns, each checked. */
export function chosenColumns(text: string, columns: readonly string[]): string[] {
  return text.split(",").map((name) => known(name.trim(), { columns, what: "show" }));
}

function known(column: string, { columns, what }: { columns: readonly string[]; what: string }): string {
  if (columns.includes(column)) return column;
  const groups = [...new Set(columns.map((name) => name.includes(".") ? name.split(".")[0] + ".…" : name))];
  throw new UsageError(
    `There is no column ${column} to ${what}: the columns are ${groups.join(", ")}${
      didYouMean(column, columns)
    }`,
  );
}
