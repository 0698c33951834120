import type { Cell, Row } from "./rows.ts";

/**
 * CSV of RFC 4180: a header, `\n` between lines, an empty field where there is no value. Quotes keep blanks at the ends
 * of a field, and a line of one empty field from being blank.
 */
export function csvOf(rows: readonly Row[], columns: readonly string[]): string {
  const field = (cell: Cell | undefined) => {
    const text = String(cell ?? "");
    return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [columns.map(field), ...rows.map((row) => columns.map((name) => field(row[name])))];
  return lines.map((line) => (line.join(",") || '""') + "\n").join("");
}

/** A Parquet file: columns of numbers as doubles, the others as strings, null where there is no value. */
export async function parquetOf(rows: readonly Row[], columns: readonly string[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const columnData = columns.map((name) => {
    const cells = rows.map((row) => row[name] ?? null);
    return cells.every((cell) => cell === null || typeof cell === "number")
      ? { name, data: cells, type: "DOUBLE" as const, nullable: true }
      : { name, data: cells.map((cell) => cell === null ? null : String(cell)), type: "STRING" as const };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
