/** Text measured in the columns of a terminal: wide characters take two, combining ones none. */
import stringWidth from "string-width";

export { stringWidth };

const LETTERS = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The beginning of a line that fits into `columns` columns. */
export function cut(line: string, columns: number): string {
  let width = 0, text = "";
  for (const { segment } of LETTERS.segment(line.replace(/\p{Cc}/gu, " "))) {
    width += stringWidth(segment);
    if (width > columns) return text;
    text += segment;
  }
  return text;
}

/** Pads a text with spaces to `columns` columns. With `right` the text is aligned to the right. */
export function padded(text: string, { columns, right }: { columns: number; right: boolean }): string {
  const room = " ".repeat(Math.max(0, columns - stringWidth(text)));
  return right ? room + text : text + room;
}

/** A part of a line; where there is no room for all, those of the highest rank are left out first. */
interface Part {
  readonly text: string;
  readonly rank: number;
}

/** Joins the parts of a line. The least important parts are left out until the line fits into `columns` columns. */
export function fitted(
  parts: readonly Part[],
  { columns, separator }: { columns: number; separator: string },
): string {
  const line = parts.map(({ text }) => text).join(separator);
  const last = Math.max(...parts.map(({ rank }) => rank));
  const fewer = parts.filter(({ rank }) => rank < last);
  return stringWidth(line) <= columns || fewer.length === 0 ? line : fitted(fewer, { columns, separator });
}
