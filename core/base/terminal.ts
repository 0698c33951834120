import { cut, stringWidth } from "./text_width.ts";

/** Columns and rows of a terminal. */
interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Lines for a terminal of a size. */
type Draw = (size: Size) => readonly string[];

/** What a command says: its output on stdout; on stderr lines that stay and, below them, lines that are rewritten. */
export interface Terminal {
  /** Whether a person watches stderr on a screen whose lines can be rewritten. */
  readonly rewrites: boolean;
  /** A text on stdout. */
  print(text: string): void;
  /** A text on stderr that stays. */
  say(text: string): void;
  /** Rewrites the last lines on the screen, each cut to its width. */
  show(draw: Draw): void;
  /** Takes these lines from the screen. */
  clear(): void;
}

/** A stream as far as a terminal needs it. */
interface Output {
  write(text: string): void;
  readonly rewrites: boolean;
  /** Asked for at every rewriting, as windows are resized. */
  size(): Size;
}

/** The terminal of a command; what it has on the screen is its only state. */
export function openTerminal({ out = STDOUT, err = STDERR }: { out?: Output; err?: Output } = {}): Terminal {
  let draw: Draw = () => [], shown: readonly string[] = [];
  const rewritten = (text: string) => {
    const size = err.size(), lines = draw(size).map((line) => cut(line, size.columns - 1));
    const erased = erasing(shown, size);
    shown = lines;
    err.write(erased + text + lines.join("\n"));
  };
  const clear = () => {
    draw = () => [];
    if (shown.length > 0) rewritten("");
  };
  return {
    get rewrites() {
      return err.rewrites;
    },
    print(text) {
      clear();
      out.write(`${text}\n`);
    },
    say: (text) => shown.length > 0 ? rewritten(`${text}\n`) : err.write(`${text}\n`),
    show(next) {
      draw = next;
      rewritten("");
    },
    clear,
  };
}

/** Lines that were wider than the window is now have been wrapped by the terminal into several rows. */
function erasing(lines: readonly string[], { columns }: Size): string {
  const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(stringWidth(line) / columns)), 0);
  return rows === 0 ? "" : "\r\x1b[2K" + "\x1b[1A\x1b[2K".repeat(rows - 1);
}

/** Writes all of a text. A reader that has gone away, such as `head`, is no reason to end what others wait for. */
function writing(stream: typeof Deno.stdout | typeof Deno.stderr, name: string): (text: string) => void {
  const encoder = new TextEncoder();
  return (text) => {
    const bytes = encoder.encode(text);
    try {
      for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) return;
      throw new Error(`Cannot write to ${name}: ${(error as Error).message}`);
    }
  };
}

/** Of a terminal that does not tell its size. */
const USUAL: Size = { columns: 80, rows: 24 };

const STDOUT: Output = { write: writing(Deno.stdout, "standard output"), rewrites: false, size: () => USUAL };

const STDERR: Output = {
  write: writing(Deno.stderr, "standard error"),
  get rewrites() {
    return Deno.stderr.isTerminal() && Deno.env.get("TERM") !== "dumb";
  },
  size() {
    const { columns, rows } = Deno.consoleSize();
    return columns > 0 && rows > 0 ? { columns, rows } : USUAL;
  },
};
