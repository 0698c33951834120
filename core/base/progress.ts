import type { Terminal } from "./terminal.ts";
import { fitted } from "./text_width.ts";

/** How far a stage is: `done` of `total` of a `unit`, and a detail such as the loss. */
interface StageProgress {
  readonly done: number;
  readonly total: number;
  /**
   * The name of one unit, such as `step`, if a person waits for each. The line then gives the seconds per unit.
   */
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

/** How often a line on a terminal is rewritten at most, in milliseconds. */
const REWRITE_MS = 100;

/** Progress on a terminal; `quiet` keeps only the lines that stay. */
export function terminalProgress({ terminal, quiet }: { terminal: Terminal; quiet: boolean }): Progress {
  let stage = "", started = 0, printed = 0, first = 0;
  return {
    update(name, at) {
      const { done, total } = at, { rewrites } = terminal;
      const now = performance.now();
      if (name !== stage) [stage, started, printed, first] = [name, now, 0, done];
      const due = now - printed > (rewrites ? REWRITE_MS : 1000 * PIPE_SECONDS) || done === total;
      if (quiet || !due) return;
      printed = now;
      const pace = { done: done - first, seconds: (now - started) / 1000 };
      if (rewrites) {
        terminal.show(({ columns }) => [progressLine(name, at, { ...pace, columns: columns - 1 })]);
      } else terminal.say(progressLine(name, at, pace));
    },
    say(line) {
      terminal.clear();
      terminal.say(line);
    },
  };
}

/** A line of progress. `pace` counts from the first report, because the time of earlier work is unknown. */
export function progressLine(
  stage: string,
  { done, total, unit, detail }: StageProgress,
  { columns = Infinity, ...pace }: { done: number; seconds: number; columns?: number },
): string {
  const each = pace.done > 0 ? pace.seconds / pace.done : undefined;
  const speed = unit && each !== undefined && `${each.toPrecision(2)} s/${unit}`;
  const left = each !== undefined && done < total && `${duration(each * (total - done))} left`;
  const ranked = [[stage, 0], [`${done}/${total}`, 0], [detail, 2], [speed, 3], [left, 1]] as const;
  const parts = ranked.flatMap(([text, rank]) => text ? [{ text, rank }] : []);
  return `  ${fitted(parts, { columns: columns - 2, separator: "  " })}`;
}

/** Seconds as a person says them: "8 s", "3 min 20 s", "1 h 5 min", "3.2 days". */
export function duration(seconds: number): string {
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s >= 48 * 3600) return `${(s / 86400).toFixed(1)} days`;
  return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
}
