/** Text measured in the columns of a terminal: wide characters take two, combining ones none. */
import stringWidth from "string-width";

export { stringWidth };

const LETTERS = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The beginning of a line that fits into `width` columns. */
export function cut(line: string, columns: number): string {
  let width = 0, text = "";
  for (const { segment } of LETTERS.segment(line.replace(/\p{Cc}/gu, " "))) {
    width += stringWidth(segment);
    if (width > columns) return text;
    text += segment;
  }
  return text;
}

/** A text filled up to so many columns, by spaces on its left where it ends at the `right`. */
export function padded(text: string, { columns, right }: { columns: number; right: boolean }): string {
  const room = " ".repeat(Math.max(0, columns - stringWidth(text)));
  return right ? room + text : text + room;
}

/** A part of a line; where there is no room for all, those of the highest rank are left out first. */
export interface Part {
  readonly text: string;
  readonly rank: number;
}

/** The parts of a line, joined, without the least important ones that do not fit into so many columns. */
export function fitted(
  parts: readonly Part[],
  { columns, separator }: { columns: number; separator: string },
): string {
  const line = parts.map(({ text }) => text).join(separator);
  const last = Math.max(...parts.map(({ rank }) => rank));
  const fewer = parts.filter(({ rank }) => rank < last);
  return stringWidth(line) <= columns || fewer.length === 0 ? line : fitted(fewer, { columns, separator });
}
