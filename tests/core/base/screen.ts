import { stringWidth } from "../../../core/base/text_width.ts";

/** A row of cells; a wide letter has two, the second of them empty. `wraps`: the next row belongs to its line. */
interface Row {
  cells: string[];
  wraps: boolean;
}

const emptyRow = (): Row => ({ cells: [], wraps: false });

/** A terminal's screen, which wraps long lines, and wraps them anew when its window is resized, as most do. */
export class Screen {
  #rows = [emptyRow()];
  #row = 0;
  #column = 0;

  constructor(public columns: number) {}

  write(text: string): void {
    // deno-lint-ignore no-control-regex
    for (const [part, , count, what] of text.matchAll(/(\x1b\[(\d*)([A-Za-z]))|\n|\r|[^\x1b\n\r]/gu)) {
      if (part === "\r") this.#column = 0;
      else if (part === "\n") this.#down();
      else if (what === "K" && count === "2") this.#rows[this.#row] = emptyRow();
      else if (what === "A") this.#row = Math.max(0, this.#row - Number(count));
      else if (what !== undefined) throw new Error(`This screen does not know ${JSON.stringify(part)}`);
      else this.#put(part);
    }
  }

  resize(columns: number): void {
    const lines: string[][] = [[]];
    let [line, at] = [0, 0];
    for (const [r, { cells, wraps }] of this.#rows.entries()) {
      if (r === this.#row) [line, at] = [lines.length - 1, lines.at(-1)!.length + this.#column];
      lines.at(-1)!.push(...cells);
      if (!wraps && r < this.#rows.length - 1) lines.push([]);
    }
    this.columns = columns;
    const rows = lines.map((cells) => {
      const count = Math.max(1, Math.ceil(cells.length / columns));
      return Array.from({ length: count }, (_, i): Row => ({
        cells: cells.slice(i * columns, (i + 1) * columns),
        wraps: i < count - 1,
      }));
    });
    this.#row = rows.slice(0, line).flat().length + Math.min(rows[line].length - 1, Math.floor(at / columns));
    this.#column = at % columns;
    this.#rows = rows.flat();
  }

  /** What a person sees, without empty rows. */
  seen(): string[] {
    return this.#rows.map(({ cells }) => cells.join("").trimEnd()).filter((row) => row !== "");
  }

  #down(): void {
    this.#row++;
    this.#column = 0;
    if (this.#row === this.#rows.length) this.#rows.push(emptyRow());
  }

  #put(letter: string): void {
    const width = stringWidth(letter);
    if (this.#column + width > this.columns) {
      this.#rows[this.#row].wraps = true;
      this.#down();
    }
    const { cells } = this.#rows[this.#row];
    while (cells.length < this.#column) cells.push(" ");
    cells.splice(this.#column, width, letter, ...Array(Math.max(0, width - 1)).fill(""));
    this.#column += width;
  }
}
