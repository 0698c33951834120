import type { SweepSpec } from "../contracts/spec.ts";
import { type Launcher, type TrialEnd, trialPaths } from "../launch/launcher.ts";
import { frozenText, type LoadedSpec, SpecError } from "../spec/mod.ts";
import { digest, writeAtomic } from "../base/files.ts";
import { outcomeOf, type SweepFolder } from "./folder.ts";
import type { Planner, Proposal } from "./planner.ts";
import { pastOf, recordsOf, type SweepEvent, type TrialRecord } from "./records.ts";
import type { SweepView } from "./view.ts";

interface SweepRun {
  readonly folder: SweepFolder;
  readonly sweep: SweepSpec;
  readonly planner: Planner;
  readonly launcher: Launcher;
  readonly view: SweepView;
  readonly signal: AbortSignal;
  /** The checked spec of a trial. Throws a `SpecError` if its values do not fit together. */
  load(overrides: readonly string[]): Promise<LoadedSpec>;
}

/** Takes up what earlier runs of the sweep left, then follows its planner to the end; gives all trials. */
export async function runSweep(run: SweepRun): Promise<TrialRecord[]> {
  const { folder, sweep, planner, launcher, signal } = run;
  const running = new Map<string, Promise<TrialEnd>>();
  const left = recordsOf(folder.events).filter(({ state }) => state !== "finished");
  let failed = false;
  const tell = (event: SweepEvent) => {
    folder.append(event);
    failed ||= event.event === "failed";
    const records = recordsOf(folder.events);
    if ("id" in event) run.view.show(records, records.find(({ id }) => id === event.id));
  };
  const halted = () => signal.aborted || (failed && sweep.onError === "stop");
  run.view.show(recordsOf(folder.events));
  for (;;) {
    for (
      let free = launcher.slots - running.size;
      free > 0 && !halted();
      free = launcher.slots - running.size
    ) {
      const again = left.splice(0, free), past = pastOf(folder.events, sweep);
      const batch = again.length > 0 ? again : planner.next(past, free);
      if (batch.length === 0) break;
      const ids = await begun(batch, { ...run, tell });
      const fresh = [...new Set(ids)].filter((id) => !running.has(id));
      const ends = fresh.length > 0 ? await launcher.launch(fresh) : [];
      fresh.forEach((id, i) => running.set(id, ends[i]));
    }
    if (running.size === 0) break;
    const { id, reason, stopped } = await Promise.race(running.values());
    running.delete(id);
    if (stopped) continue;
    tell(
      await outcomeOf(folder.path, { id, sweep }) ?? { event: "failed", id, reason: reason ?? "no summary" },
    );
  }
  if (signal.aborted) throw new Error("The sweep was stopped.");
  return recordsOf(folder.events);
}

interface Telling extends SweepRun {
  tell(event: SweepEvent): void;
}

/** Freezes specs and notes that their trials start; the ids of those whose results are not there yet. */
async function begun(batch: readonly (Proposal & { id?: string })[], run: Telling): Promise<string[]> {
  const ids: string[] = [];
  for (const trial of batch) {
    const id = await begin(trial, run);
    if (id !== undefined) ids.push(id);
  }
  return ids;
}

async function begin(
  { id: restarted, overrides, point, config, rung }: Proposal & { id?: string },
  { folder, sweep, load, tell }: Telling,
): Promise<string | undefined> {
  const loaded = await load(overrides).catch((error) => {
    if (error instanceof SpecError) return error;
    throw error;
  });
  const id = loaded instanceof SpecError ? await digest(overrides.join("\n"), 8) : loaded.hash;
  tell(
    restarted === undefined
      ? { event: "started", id, overrides, point, config, rung }
      : { event: "restarted", id },
  );
  if (loaded instanceof SpecError) {
    tell({ event: "failed", id, reason: loaded.issues[0].message });
    return undefined;
  }
  const { spec, exit } = trialPaths(folder.path, id), outcome = await outcomeOf(folder.path, { id, sweep });
  if (outcome?.event === "finished") {
    tell(outcome);
    return undefined;
  }
  await Deno.remove(exit).catch(() => {});
  await writeAtomic(spec, frozenText(loaded, { folder: `${folder.path}/specs` }));
  return id;
}
