import { didYouMean } from "../spec/mod.ts";
import { segmentsOf } from "../spec/path_text.ts";
import { UsageError } from "../base/usage.ts";
import type { Row } from "./rows.ts";

/** A condition on one column. */
interface Filter {
  readonly column: string;
  readonly comparison: string;
  readonly value: string;
}

const COMPARISON = /<=|>=|!=|=|<|>/g;

/** Filters of a run's start, which are no columns. */
const PERIOD = { since: ">=", until: "<=" } as const;

/** Columns whose values are known by their first characters. */
const BY_PREFIX = ["git", "hash"];

/** `corrected.snr>=9`, `name=prior-shift`, `since=2026-01-31`; a column's name may itself hold a comparison. */
export function parseFilter(text: string, columns: readonly string[]): Filter {
  const cuts = [...text.matchAll(COMPARISON)].map(({ 0: comparison, index }) => ({
    column: text.slice(0, index).trim(),
    comparison,
    value: text.slice(index + comparison.length).trim(),
  })).filter(({ column, value }) => column !== "" && value !== "");
  const filter = cuts.find(({ column }) => isKnown(column, columns)) ?? cuts[0];
  if (filter === undefined) {
    throw new UsageError(
      `The filter ${text} has no comparison: write COLUMN=VALUE, or one of != < <= > >=, like corrected.snr>=9`,
    );
  }
  return Object.hasOwn(PERIOD, filter.column) ? period(text, filter) : filter;
}

function isKnown(column: string, columns: readonly string[]): boolean {
  return Object.hasOwn(PERIOD, column) || columnOf(column, columns) !== undefined;
}

function period(text: string, { column, comparison, value }: Filter): Filter {
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
  const named = filters.map((filter) => ({
    ...filter,
    column: knownColumn(filter.column, { columns, what: "filter by" }),
  }));
  return rows.filter((row) => named.every((filter) => meets(row, filter)));
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
  const sign = by.startsWith("-") ? -1 : 1,
    column = knownColumn(by.replace(/^-/, ""), { columns, what: "sort by" });
  return rows.toSorted((a, b) => {
    const x = a[column] ?? null, y = b[column] ?? null;
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return sign * (x < y ? -1 : Number(x > y));
  });
}

/** The names of a list of columns, each checked; a name may itself hold commas. */
export function chosenColumns(text: string, columns: readonly string[]): string[] {
  const parts = text.split(","), chosen: string[] = [];
  for (let i = 0; i < parts.length;) {
    const ends = parts.map((_, j) => j + 1).filter((end) => end > i).reverse();
    const name = (end: number) => parts.slice(i, end).join(",").trim();
    const end = ends.find((end) => columnOf(name(end), columns) !== undefined) ?? i + 1;
    chosen.push(knownColumn(name(end), { columns, what: "show" }));
    i = end;
  }
  return chosen;
}

/** The column of a name, with the quotes that paths of keys may have or without. */
function columnOf(name: string, columns: readonly string[]): string | undefined {
  if (columns.includes(name)) return name;
  const bare = (text: string) => segmentsOf(text)?.map(({ name }) => name).join(".") ?? text;
  const quoted = (text: string) => text.includes('"');
  return columns.find((column) => (quoted(column) || quoted(name)) && bare(column) === bare(name));
}

function knownColumn(
  column: string,
  { columns, what }: { columns: readonly string[]; what: string },
): string {
  const whole = columnOf(column, columns);
  if (whole !== undefined) return whole;
  const groups = [...new Set(columns.map((name) => name.includes(".") ? name.split(".")[0] + ".…" : name))];
  throw new UsageError(
    `There is no column ${column} to ${what}: the columns are ${groups.join(", ")}${
      didYouMean(column, columns)
    }`,
  );
}
