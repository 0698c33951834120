// @ts-types="./csv_parse.d.ts"
import { type CsvError, parse } from "csv-parse/sync";

/** A table: its columns' names, and per row the text of each column. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

interface TableRow {
  /** The line on which the row begins, counted from 1. */
  readonly line: number;
  readonly fields: Readonly<Record<string, string>>;
}

/** How tables are written in practice, beside RFC 4180: a byte order mark, any line end, blanks around commas. */
const DIALECT = {
  bom: true,
  info: true as const,
  record_delimiter: ["\r\n", "\n", "\r"],
  relax_column_count: true,
  skip_empty_lines: true,
  trim: true,
};

/** Reads CSV as RFC 4180 has it, the first row its header; what is none is an error that names the line. */
export function parseTable(bytes: Uint8Array): Table {
  checkText(bytes);
  const records = recordsOf(bytes), [header] = records;
  if (!header) throw new Error("The table is empty: its first line must name the columns");
  const columns = header.fields;
  checkColumns(columns);
  const rows = records.slice(1).map(({ line, fields }) => {
    if (fields.length !== columns.length) {
      throw new Error(
        `Line ${line} has ${fields.length} fields: it must have ${columns.length}, as many as the header`,
      );
    }
    return { line, fields: Object.fromEntries(columns.map((name, i) => [name, fields[i]])) };
  });
  return { columns, rows };
}

function recordsOf(bytes: Uint8Array): { line: number; fields: string[] }[] {
  let records: ReturnType<typeof parse>;
  try {
    records = parse(bytes, DIALECT);
  } catch (error) {
    const { bytes: before, code, message } = error as CsvError;
    throw new Error(`Line ${lineAt(bytes, before)} ${QUOTES[code] ?? `is not CSV: ${message}`}`);
  }
  let line = 1, at = 0;
  return records.map(({ record, info }) => {
    const begin = afterBreaks(bytes, at), first = line + breaks(bytes, at, begin);
    line = first + breaks(bytes, begin, info.bytes);
    at = info.bytes;
    return { line: first, fields: record };
  });
}

const CLOSED_EARLY = 'has a quote within a quoted field: it must be doubled, like "the ""deep"" zone"';
const QUOTES: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: "has a quote that is never closed",
  CSV_INVALID_CLOSING_QUOTE: CLOSED_EARLY,
  CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE: CLOSED_EARLY,
  INVALID_OPENING_QUOTE: 'has a quote within a field: the whole field must be quoted, like "5"" pipe"',
};

/** The line of the first record behind an offset. */
function lineAt(bytes: Uint8Array, offset: number): number {
  return 1 + breaks(bytes, 0, afterBreaks(bytes, offset));
}

const LF = 10, CR = 13;

function afterBreaks(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === LF || bytes[at] === CR) at++;
  return at;
}

/** Line ends from one offset to another: `\r\n`, `\n` or `\r`. */
function breaks(bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) {
    if (bytes[at] === LF || bytes[at] === CR && bytes[at + 1] !== LF) count++;
  }
  return count;
}

function checkText(bytes: Uint8Array): void {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error("The table is not UTF-8 text: save it as UTF-8");
  }
  const [header] = text.trimStart().split(/[\r\n]/, 1), [separator] = /[;\t]/.exec(header) ?? [];
  if (!separator || header.includes(",")) return;
  const name = separator === ";" ? "semicolons" : "tabs";
  throw new Error(`The columns are separated by ${name}: separate them by commas. The header is ${header}`);
}

function checkColumns(columns: readonly string[]): void {
  const twice = columns.find((name, i) => columns.indexOf(name) < i);
  if (twice !== undefined) throw new Error(`The header names the column ${twice} twice: names must differ`);
}
