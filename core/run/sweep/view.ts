import type { SweepSpec } from "../../contracts/spec.ts";
import type { TrialRecord } from "./records.ts";
import { settingsOf, sweepLine, sweepTable } from "./table.ts";

/** Tells how a sweep goes on. */
export interface SweepView {
  /** After every change of a trial; `changed` is that trial. */
  show(records: readonly TrialRecord[], changed?: TrialRecord): void;
}

/** Rows of the live table. */
const ROWS = 12;

/** On a terminal a table that is rewritten in place; on a pipe a line for each trial that starts or ends. */
export function sweepView(
  sweep: SweepSpec,
  { total, quiet, terminal = Deno.stderr.isTerminal(), write = toStderr }: {
    total?: number;
    quiet: boolean;
    terminal?: boolean;
    write?: (text: string) => void;
  },
): SweepView {
  const since = performance.now();
  let height = 0, before: number | undefined;
  return {
    show(records, changed) {
      if (quiet) return;
      const ended = records.filter(({ state }) => state !== "open").length;
      before ??= ended;
      const pace = (performance.now() - since) / 1000 / (ended - before);
      const left = total === undefined || ended === before ? undefined : pace * (total - ended);
      const line = sweepLine(records, { sweep, total, left });
      if (!terminal) return write(changed ? `${trialLine(changed)}   [${line}]\n` : `${line}\n`);
      const table = sweepTable(records, sweep).split("\n").slice(0, ROWS + 1);
      const lines = [...ended > 0 ? table : [], line].map((text) => text.slice(0, 160));
      write(`${height > 0 ? `\x1b[${height}A\x1b[J` : ""}${lines.join("\n")}\n`);
      height = lines.length;
    },
  };
}

function trialLine(record: TrialRecord): string {
  const { id, state, reason } = record, what = state === "open" ? "started" : state;
  return `${id} ${what}  ${settingsOf(record)}${reason ? `  ${reason}` : ""}`;
}

function toStderr(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}
