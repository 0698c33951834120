import { join } from "node:path";

/** Where a trial's files lie in the folder of its sweep; `part` becomes `done` when the run has ended well. */
export function trialPaths(folder: string, id: string) {
  return {
    spec: join(folder, "specs", `${id}.yaml`),
    part: join(folder, "trials", `${id}.part`),
    done: join(folder, "trials", id),
    log: join(folder, "log", `${id}.log`),
    /** Holds the exit code of a run that failed. */
    exit: join(folder, "log", `${id}.exit`),
  };
}

/** How a trial ended. `reason` says why it failed. `stopped` is true if this process was asked to stop. */
export interface TrialEnd {
  readonly id: string;
  readonly reason?: string;
  readonly stopped?: boolean;
}

/** A line of a sweep's log: element i of the array `job`, from 1, runs `ids[i - 1]`. */
export interface SubmittedEvent {
  readonly event: "submitted";
  readonly job: string;
  readonly ids: readonly string[];
}

/** Runs trials whose specs are frozen in the folder of a sweep. */
export interface Launcher {
  /** Trials that may be under way at once. */
  readonly slots: number;
  /** Starts trials, at most as many as slots are free; each promise settles when its trial has ended. */
  launch(ids: readonly string[]): Promise<readonly Promise<TrialEnd>[]>;
  /** Whether trials go on when this process ends. */
  readonly detached: boolean;
}

/** Exit codes of a run: done, a gate failed (a result like others), preempted. */
export const FINISHED: readonly number[] = [0, 3], PREEMPTED = 75;

/** What a failed trial's log says last, in a line. */
export async function failureOf(folder: string, { id, code }: { id: string; code: number }): Promise<string> {
  const text = await Deno.readTextFile(trialPaths(folder, id).log).catch(() => "");
  const last = text.trimEnd().split("\n").at(-1)?.trim();
  return `exit code ${code}${last ? `: ${last.slice(0, 300)}` : ""}`;
}
