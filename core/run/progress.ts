/** How far a stage is: `done` of `total` of a `unit`, and a detail such as the loss. */
export interface StageProgress {
  readonly done: number;
  readonly total: number;
  /** Named where a person waits for each, such as a training step: its seconds are told. */
  readonly unit?: string;
  readonly detail?: string;
}

/** One line of progress on a terminal, rewritten in place; on a pipe a line every `PIPE_SECONDS`. */
export interface Progress {
  update(stage: string, at: StageProgress): void;
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
    update(name, at) {
      const { done, total } = at;
      const now = performance.now();
      if (name !== stage) [stage, started, printed, first] = [name, now, 0, done];
      const due = now - printed > (terminal ? 100 : 1000 * PIPE_SECONDS) || done === total;
      if (quiet || !due) return;
      printed = now;
      const line = progressLine(name, at, { done: done - first, seconds: (now - started) / 1000 });
      write(terminal ? `\r\x1b[2K${line}` : `${line}\n`);
      open = terminal;
    },
    say(line) {
      write(`${open ? "\r\x1b[2K" : ""}${line}\n`);
      open = false;
    },
  };
}

/** A line of progress; `pace` is what was done since the first report, as what was done by then is of unknown age. */
export function progressLine(
  stage: string,
  { done, total, unit, detail }: StageProgress,
  pace: { done: number; seconds: number },
): string {
  const each = pace.done > 0 ? pace.seconds / pace.done : undefined;
  const speed = unit && each !== undefined && `${each.toPrecision(2)} s/${unit}`;
  const left = each !== undefined && done < total && `${duration(each * (total - done))} left`;
  return `  ${[stage, `${done}/${total}`, detail, speed, left].filter(Boolean).join("  ")}`;
}

/** Seconds as a person says them: "8 s", "3 min 20 s", "1 h 5 min", "3.2 days". */
export function duration(seconds: number): string {
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s >= 48 * 3600) return `${(s / 86400).toFixed(1)} days`;
  return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
}
