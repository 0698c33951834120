import { padded, stringWidth } from "./text_width.ts";

/** Rows of cells as aligned text: columns that hold words to the left, numbers to the right. */
export function alignedTable(rows: readonly (readonly string[])[]): string {
  const columns = rows[0].map((_, c) => rows.map((row) => row[c] ?? ""));
  const widths = columns.map((cells) => Math.max(...cells.map((cell) => stringWidth(cell))));
  const numeric = columns.map((cells) => cells.slice(1).every((cell) => /^$|^[-+−*<\d]/.test(cell)));
  return rows.map((row) =>
    row.map((cell, c) => padded(cell, { columns: widths[c], right: numeric[c] })).join("  ").trimEnd()
  ).join("\n");
}
