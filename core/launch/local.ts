import type { Resources } from "../contracts/cost.ts";
import { writeAtomic } from "../run/files.ts";
import { failureOf, FINISHED, type Launcher, PREEMPTED, type TrialEnd, trialPaths } from "./launcher.ts";
import { runProgram } from "./program.ts";

export interface LocalOptions {
  /** Processes at once; each gets its share of the cores and the memory. */
  readonly jobs: number;
  readonly resources: Resources;
  readonly engine: string;
  readonly signal: AbortSignal;
}

/** Trials as processes of this machine. A stop is passed on, and waited for. */
export function localLauncher(folder: string, options: LocalOptions): Launcher {
  const { jobs, resources: { workers, memory }, engine } = options;
  const share = ["--workers", `${Math.max(1, Math.floor(workers / jobs))}`];
  share.push("--memory", `${Math.max(1, Math.floor(memory / jobs / 1e6))} MB`, "--engine", engine, "--quiet");
  const launch = async (id: string): Promise<TrialEnd> => {
    const { spec, part, done, log, exit } = trialPaths(folder, id);
    const args = ["run", ...runProgram([spec, "--out", part, ...share]).slice(2)];
    let code = PREEMPTED;
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

async function removed(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

/** The signals by which a run checkpoints, by the exit code that each leads to. */
const SIGNALS: Readonly<Record<number, Deno.Signal>> = { 130: "SIGINT", 143: "SIGTERM", 75: "SIGUSR2" };

/** Runs this program to its end and gives its exit code; what it says goes to the log. */
async function child(
  args: readonly string[],
  { log, signal }: { log: string; signal: AbortSignal },
): Promise<number> {
  // A process group of its own: Ctrl-C then reaches the run once, through its parent, and not twice.
  const process = new Deno.Command(Deno.execPath(), {
    args: [...args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    detached: true,
  }).spawn();
  const stop = () => process.kill(SIGNALS[signal.reason] ?? "SIGTERM");
  signal.addEventListener("abort", stop);
  try {
    const file = await Deno.open(log, { append: true, create: true });
    await process.stderr.pipeTo(file.writable);
    return (await process.status).code;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
