import { join } from "node:path";
import { failureOf, trialPaths } from "../launch/launcher.ts";
import type { SweepSpec } from "../contracts/spec.ts";
import type { RunSummary } from "../contracts/summary.ts";
import { tryAcquire } from "../store/locks.ts";
import { eventsOf, recordsOf, resultOf, type SweepEvent, type TrialRecord } from "./records.ts";

/** The folder of a sweep, held by one process at a time: its log of events and its trials' results. */
export interface SweepFolder {
  readonly path: string;
  readonly events: readonly SweepEvent[];
  append(event: SweepEvent): void;
  close(): Promise<void>;
}

/** Opens the folder for this process alone; the lock ends with the process, however it ends. */
export async function openSweepFolder(path: string): Promise<SweepFolder> {
  for (const part of ["specs", "trials", "log"]) await Deno.mkdir(join(path, part), { recursive: true });
  const release = await tryAcquire(join(path, "sweep.lock"));
  if (!release) {
    throw new Error(`Another process runs the sweep in ${path}: wait until it has ended, or stop it.`);
  }
  const name = join(path, "sweep.jsonl"), text = await logText(path), events = eventsOf(text);
  const log = await Deno.open(name, { append: true, create: true });
  // A line that a crash cut short is ended, so that the next stands alone.
  if (text !== "" && !text.endsWith("\n")) log.writeSync(new TextEncoder().encode("\n"));
  return {
    path,
    events,
    append(event) {
      events.push(event);
      log.writeSync(new TextEncoder().encode(JSON.stringify(event) + "\n"));
      log.syncDataSync();
    },
    async close() {
      log.close();
      await release();
    },
  };
}

/** The trials of a sweep that another process may hold. */
export async function readRecords(path: string): Promise<{ records: TrialRecord[]; events: SweepEvent[] }> {
  const events = eventsOf(await logText(path));
  return { records: recordsOf(events), events };
}

async function logText(path: string): Promise<string> {
  return await Deno.readTextFile(join(path, "sweep.jsonl")).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
}

/** The outcome of a trial from its own files. They have priority over the log, whichever process wrote them. */
export async function outcomeOf(
  path: string,
  { id, sweep }: { id: string; sweep: SweepSpec },
): Promise<SweepEvent | undefined> {
  const { done, exit } = trialPaths(path, id);
  const text = await Deno.readTextFile(join(done, "summary.json")).catch(() => undefined);
  const summary = text === undefined ? undefined : JSON.parse(text) as RunSummary;
  if (summary?.specHash === id) return { event: "finished", id, ...resultOf(summary, sweep) };
  const code = Number(await Deno.readTextFile(exit).catch(() => ""));
  return code > 0 ? { event: "failed", id, reason: await failureOf(path, { id, code }) } : undefined;
}
