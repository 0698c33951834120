import { dirname, join, resolve } from "node:path";
import type { SlurmLaunch } from "../contracts/spec.ts";
import { frozenText, type LoadedSpec } from "../spec/mod.ts";
import { writeAtomic } from "../base/files.ts";
import { runProgram } from "./program.ts";
import { type SlurmClient, slurmClient } from "./slurm_client.ts";
import { jobScript, quoted, shareOf } from "./slurm_script.ts";

interface ShardOptions {
  readonly shards: number;
  readonly settings: SlurmLaunch;
  readonly engine: string;
  /** The run's folder. */
  readonly out: string;
  readonly client?: SlurmClient;
}

/**
 * Submits the simulation of a spec as an array, a part per element, and behind it the run, which finds the parts in
 * the cache. The spec is frozen now; gives both jobs' ids.
 */
export async function submitShards(
  loaded: LoadedSpec,
  { shards, settings, engine, out, client = slurmClient() }: ShardOptions,
): Promise<{ simulate: string; run: string }> {
  const folder = `${resolve(out)}.job`, spec = join(folder, "spec.yaml");
  await takeFolder(folder);
  await writeAtomic(spec, frozenText(loaded, { folder }));
  const common = { cwd: Deno.cwd(), logs: folder, settings };
  const program = [...runProgram([]).map(quoted), quoted(spec), shareOf(settings), `--engine ${engine}`].join(
    " ",
  );
  const submit = async (step: string, job: { elements: number; body: readonly string[]; after?: string }) => {
    const script = join(folder, `${step}.sh`), name = `${loaded.spec.name}-${step}`;
    await writeAtomic(script, jobScript({ ...common, ...job, name }));
    return await client.submit(script, job);
  };
  const part = `run ${program} --only simulate --shard "$SLURM_ARRAY_TASK_ID/${shards}" --quiet`;
  const simulate = await submit("simulate", { elements: shards, body: [part, 'exit "$code"'] });
  const done = quoted(resolve(out)), open = quoted(`${resolve(out)}.part`);
  const body = [
    `rm -rf ${open}`,
    `run ${program} --out ${open} --quiet`,
    `case $code in 0|3) mv -T ${open} ${done} ;; esac`,
    'exit "$code"',
  ];
  return { simulate, run: await submit("run", { elements: 1, body, after: simulate }) };
}

/** Two submissions must not write one job's scripts. */
async function takeFolder(folder: string): Promise<void> {
  await Deno.mkdir(dirname(folder), { recursive: true });
  await Deno.mkdir(folder).catch((error) => {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    throw new Error(`${folder} is of an earlier submission: choose another folder with --out.`);
  });
}
