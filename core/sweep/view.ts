import type { SweepSpec } from "../contracts/spec.ts";
import type { MetricFormat } from "../report/metric_format.ts";
import type { TrialRecord } from "./records.ts";
import type { Terminal } from "../base/terminal.ts";
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
  { total, format, quiet, terminal }: {
    total?: number;
    format: MetricFormat;
    quiet: boolean;
    terminal: Terminal;
  },
): SweepView {
  const since = performance.now();
  let before: number | undefined;
  return {
    show(records, changed) {
      if (quiet) return;
      const ended = records.filter(({ state }) => state !== "open").length;
      before ??= ended;
      const pace = (performance.now() - since) / 1000 / (ended - before);
      const left = total === undefined || ended === before ? undefined : pace * (total - ended);
      const line = (columns = Infinity) => sweepLine(records, { sweep, total, left, columns });
      if (!terminal.rewrites) return terminal.say(changed ? `${trialLine(changed)}   [${line()}]` : line());
      const table = ended > 0 ? sweepTable(records, { sweep, format }).split("\n") : [];
      terminal.show(({ columns, rows }) => [
        ...table.slice(0, Math.min(ROWS + 1, rows - 2)),
        line(columns - 1),
      ]);
    },
  };
}

function trialLine(record: TrialRecord): string {
  const { id, state, reason } = record, what = state === "open" ? "started" : state;
  return `${id} ${what}  ${settingsOf(record)}${reason ? `  ${reason}` : ""}`;
}
