import { assertEquals } from "@std/assert";
import { fold, rootKey, uniforms } from "../../../core/base/random.ts";
import { finish, start } from "./program.ts";

/** A run of seconds in which every kind of stage takes its part: three shards, a training, six observations. */
export const KILLED_SPEC = `name: killed
seed: 1
prior: { kind: gaussian }
operator: { kind: matrix, rows: 24, columns: 20, seed: 1 }
noise: { kind: gaussian, level: { sigma: 0.5 } }
flow: { kind: coupling, depth: 2 }
summary: { kind: identity }
training: { pairs: 2100, epochs: 4, batch: 128 }
shifts: [{ name: loud, noise: { level: { scale: 2 } } }]
correction: { kind: diagonal, passes: 10 }
evaluation: { observations: 3, samples: 32, baselines: [], detection: 19, metrics: [snr, crps] }
policy: { level: 0.05 }
`;

const runArgs = (out: string) => ["run", "spec.yaml", "--engine", "wasm", "--workers", "1", "--out", out];

/** What became of one run that was killed and begun again. */
export interface KillOutcome {
  /** Seconds from its start to the kill; it may have ended before. */
  readonly after: number;
  /** Whether the run that went on ended with the summary of one that nothing disturbed. */
  readonly equal: boolean;
  /** Training steps that had been told of and were taken again. */
  readonly lost: number;
}

/** Kills a run at `kills` random moments, each time of a run from the start, and runs it again to its end. */
export async function killRuns(
  { kills, seed, told = () => {} }: { kills: number; seed: number; told?: (outcome: KillOutcome) => void },
): Promise<KillOutcome[]> {
  const began = performance.now();
  const undisturbed = await inFolder((folder) => complete(folder, "run"));
  const seconds = (performance.now() - began) / 1000, outcomes: KillOutcome[] = [];
  for (let i = 0; i < kills; i++) {
    const after = seconds * uniforms(fold(rootKey(seed), i), 1)[0];
    const outcome = await inFolder(async (folder) => {
      const child = start(folder, runArgs("killed"));
      const timer = setTimeout(() => {
        try {
          child.kill("SIGKILL");
        } catch { /* it has ended */ }
      }, 1000 * after);
      await finish(child);
      clearTimeout(timer);
      const equal = timeless(await complete(folder, "again")) === timeless(undisturbed);
      const begun = Math.max(0, ...(await trainedSteps(`${folder}/again`)).cached);
      const lost = Math.max(0, Math.max(0, ...(await trainedSteps(`${folder}/killed`)).computed) - begun);
      return { after, equal, lost };
    });
    told(outcome);
    outcomes.push(outcome);
  }
  return outcomes;
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/spec.yaml`, KILLED_SPEC);
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function complete(folder: string, out: string): Promise<unknown> {
  const { code, err } = await finish(start(folder, runArgs(out)));
  assertEquals(code, 0, err);
  return JSON.parse(await Deno.readTextFile(`${folder}/${out}/summary.json`));
}

/** A summary as text, without what a clock or a cache tells: solves of stages that were found done are none. */
function timeless(summary: unknown): string {
  return JSON.stringify(summary, (key, value) => ["seconds", "stages"].includes(key) ? undefined : value);
}

/** Steps of the training that a run's events tell of, those it computed and those it found done. */
async function trainedSteps(run: string): Promise<{ computed: number[]; cached: number[] }> {
  const text = await Deno.readTextFile(`${run}/metrics.jsonl`).catch(() => "");
  const events = text.split("\n").filter((line) => line.endsWith("}")).map((line) => JSON.parse(line))
    .filter(({ stage }) => stage === "train" || stage === "validate");
  const steps = (cached: boolean) =>
    events.filter((e) => (e.cached ?? false) === cached).map(({ step }) => step);
  return { computed: steps(false), cached: steps(true) };
}
