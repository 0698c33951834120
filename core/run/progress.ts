/** One line of progress on a terminal, rewritten in place; on a pipe a line every `PIPE_SECONDS`. */
export interface Progress {
  /** Says how far a stage is: `done` of `total`, and a detail such as the loss. */
  update(stage: string, step: { done: number; total: number; detail?: string }): void;
  /** A line that stays. */
  say(line: string): void;
}

const PIPE_SECONDS = 20;

/** Progress on stderr; `quiet` keeps only the lines that stay. */
export function terminalProgress({ quiet = false }: { quiet?: boolean } = {}): Progress {
  const terminal = Deno.stderr.isTerminal();
  const encoder = new TextEncoder();
  const write = (text: string) => Deno.stderr.writeSync(encoder.encode(text));
  let stage = "", started = 0, printed = 0, first = 0, open = false;
  return {
    update(name, { done, total, detail = "" }) {
      const now = performance.now();
      if (name !== stage) [stage, started, printed, first] = [name, now, 0, done];
      const due = now - printed > (terminal ? 100 : 1000 * PIPE_SECONDS) || done === total;
      if (quiet || !due) return;
      printed = now;
      // Time is counted from the first report, so what was done by then does not count.
      const left = (now - started) / (done - first) * (total - done) / 1000;
      const remaining = done > first && done < total ? `${duration(left)} left` : "";
      const line = `  ${name}  ${done}/${total}  ${detail}  ${remaining}`.trimEnd();
      write(terminal ? `\r\x1b[2K${line}` : `${line}\n`);
      open = terminal;
    },
    say(line) {
      write(`${open ? "\r\x1b[2K" : ""}${line}\n`);
      open = false;
    },
  };
}

/** Seconds as a person says them: "8 s", "3 min 20 s", "1 h 5 min", "3.2 days". */
export function duration(seconds: number): string {
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s >= 48 * 3600) return `${(s / 86400).toFixed(1)} days`;
  return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
}
