import type { Resources } from "../contracts/cost.ts";
import { writeAtomic } from "../base/files.ts";
import { LOOK_AGAIN } from "../store/locks.ts";
import { isRunning } from "../store/new_folder.ts";
import { STOP_SIGNALS } from "../base/stop.ts";
import { failureOf, FINISHED, type Launcher, PREEMPTED, type TrialEnd, trialPaths } from "./launcher.ts";
import { runProgram } from "./program.ts";

interface LocalOptions {
  /** Processes at once; each gets its share of the cores and the memory. */
  readonly jobs: number;
  readonly resources: Resources;
  readonly engine: string;
  readonly signal: AbortSignal;
}

/** Trials as processes of this machine. Signals are passed on, the second one too, and the trials' ends waited for. */
export function localLauncher(folder: string, options: LocalOptions): Launcher {
  const { jobs, resources: { workers, memory }, engine } = options;
  const share = ["--workers", `${Math.max(1, Math.floor(workers / jobs))}`];
  share.push("--memory", `${Math.max(1, Math.floor(memory / jobs / 1e6))} MB`, "--engine", engine, "--quiet");
  const launch = async (id: string): Promise<TrialEnd> => {
    const { spec, part, done, log, exit } = trialPaths(folder, id);
    const args = ["run", ...runProgram([spec, "--out", part, ...share]).slice(2)];
    let code = PREEMPTED;
    await left(part, options.signal);
    while (code === PREEMPTED && !options.signal.aborted) {
      await Promise.all([part, exit].map(removed));
      code = await child(args, { log, signal: options.signal });
    }
    if (FINISHED.includes(code)) {
      await Deno.rename(part, done);
      return { id };
    }
    if (options.signal.aborted) return { id, stopped: true };
    await writeAtomic(exit, `${code}\n`);
    return { id, reason: await failureOf(folder, { id, code }) };
  };
  return { slots: jobs, detached: false, launch: (ids) => Promise.resolve(ids.map(launch)) };
}

/** Waits until a trial has ended that a killed sweep left behind at work: two must not write one folder. */
async function left(part: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && await isRunning(part)) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
  }
}

async function removed(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

/** Runs this program to its end, or not at all where all shall stop; gives its exit code. What it says goes to the log. */
async function child(
  args: readonly string[],
  { log, signal }: { log: string; signal: AbortSignal },
): Promise<number> {
  if (signal.aborted) return PREEMPTED;
  // In a process group of its own, no signal reaches the run but through here.
  const process = new Deno.Command(Deno.execPath(), {
    args: [...args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    detached: true,
  }).spawn();
  const passes = STOP_SIGNALS.map((name) => ({ name, pass: () => kill(process, name) }));
  passes.forEach(({ name, pass }) => Deno.addSignalListener(name, pass));
  try {
    const file = await Deno.open(log, { append: true, create: true });
    await process.stderr.pipeTo(file.writable);
    return (await process.status).code;
  } finally {
    passes.forEach(({ name, pass }) => Deno.removeSignalListener(name, pass));
  }
}

function kill(process: Deno.ChildProcess, name: Deno.Signal): void {
  try {
    process.kill(name);
  } catch { /* it has ended */ }
}
