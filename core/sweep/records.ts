import type { SweepSpec } from "../contracts/spec.ts";
import type { RunSummary } from "../contracts/summary.ts";
import type { SubmittedEvent } from "../launch/launcher.ts";
import { metricMeans } from "./metric_means.ts";
import type { PastTrial, Proposal } from "./planner.ts";

/** A trial of a sweep and its outcome. Its id is the hash of its resolved spec. */
export interface TrialRecord extends Proposal {
  readonly id: string;
  readonly state: "open" | "finished" | "failed";
  /** Means over scenarios, and the metric that the sweep ranks by. */
  readonly metrics?: Readonly<Record<string, number>>;
  readonly seconds?: number;
  readonly reason?: string;
}

/** A line of `sweep.jsonl`. */
export type SweepEvent =
  | { readonly event: "started"; readonly id: string } & Proposal
  /** A trial that failed, or that an earlier process left behind, runs again. */
  | { readonly event: "restarted"; readonly id: string }
  | {
    readonly event: "finished";
    readonly id: string;
    readonly seconds: number;
    readonly metrics: Readonly<Record<string, number>>;
  }
  | { readonly event: "failed"; readonly id: string; readonly reason: string }
  | SubmittedEvent;

/** The events of a log; a last line that a crash cut short is left out. */
export function eventsOf(text: string): SweepEvent[] {
  const lines = text.split("\n");
  return lines.slice(0, -1).flatMap((line, i) => {
    try {
      return [JSON.parse(line) as SweepEvent];
    } catch {
      // A cut line that later ones follow was ended by the next run.
      if (line.startsWith("{") || line === "") return [];
      throw new Error(`Line ${i + 1} of sweep.jsonl is no event of a sweep: ${line.slice(0, 60)}`);
    }
  });
}

/** The trials of a log, in the order they were started first. */
export function recordsOf(events: readonly SweepEvent[]): TrialRecord[] {
  const records = new Map<string, TrialRecord>();
  for (const event of events) {
    if (event.event === "submitted") continue;
    const { event: kind, ...change } = event, old = records.get(event.id);
    if (kind === "started") {
      records.set(event.id, old ?? { ...change as Proposal & { id: string }, state: "open" });
    } else if (old) records.set(event.id, { ...old, ...change, state: kind === "restarted" ? "open" : kind });
  }
  return [...records.values()];
}

/** The past trials for a planner: every start with its outcome. A trial that was started twice occurs twice. */
export function pastOf(events: readonly SweepEvent[], sweep: SweepSpec): PastTrial[] {
  const records = new Map(recordsOf(events).map((record) => [record.id, record]));
  return events.flatMap((event) =>
    event.event === "started" ? [{ ...event, loss: lossOf(records.get(event.id)!, sweep) }] : []
  );
}

/** Less is better; infinite for a trial that failed or lacks the metric, absent for one that has not ended. */
export function lossOf(
  { state, metrics }: TrialRecord,
  { metric, direction }: SweepSpec,
): number | undefined {
  if (state === "open") return undefined;
  const value = metrics?.[metric];
  if (state === "failed" || value === undefined || Number.isNaN(value)) return Infinity;
  return direction === "max" ? -value : value;
}

/** The numbers that a sweep reads from the summary of a finished trial. */
export function resultOf(summary: Pick<RunSummary, "seconds" | "scenarios">, { metric }: SweepSpec) {
  const { means, each } = metricMeans(summary);
  const ranked = metric.includes("/") ? { [metric]: each[metric] } : {};
  return { seconds: summary.seconds, metrics: { ...means, ...ranked } };
}
