import { fileURLToPath } from "node:url";
import { start } from "../run/program.ts";

/** A linear problem whose flow is trained in a moment; `sweep` and `launch` follow. */
export const TOY = `name: toy
seed: 3
prior: { kind: gaussian, covariance: { kind: exponential, variance: 1, length: 2 } }
operator: { kind: matrix, rows: 6, columns: 8, seed: 5 }
noise: { kind: gaussian, level: { sigma: 0.3 } }
summary: { kind: identity }
flow: { kind: coupling, depth: 2, hidden: 16 }
training: { pairs: 64, epochs: 1, batch: 32 }
correction: { kind: diagonal, passes: 2, encoding: shots }
evaluation: { observations: 1, samples: 32, metrics: [rmse, crps], baselines: [] }
`;

export const sweepArgs = (
  ...more: string[]
) => ["sweep", "spec.yaml", "--engine", "wasm", "--out", "results/sweep", ...more];

/** The program to its end. */
export async function program(folder: string, args: readonly string[]) {
  const { code, stdout, stderr } = await start(folder, args).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trimEnd();
  return { code, out: text(stdout), err: text(stderr) };
}

/** The events of a sweep, as `started 1a2b3c4d`; none while there is no log. */
export async function events(folder: string): Promise<string[]> {
  const text = await Deno.readTextFile(`${folder}/results/sweep/sweep.jsonl`).catch(() => "");
  return text.split("\n").slice(0, -1).filter((line) => line.endsWith("}")).map((line) => {
    const { event, id } = JSON.parse(line);
    return id === undefined ? event : `${event} ${id}`;
  });
}

/** `summary.json` of every finished trial without times, and which stages were computed. */
export async function summaries(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name } of Deno.readDir(`${folder}/results/sweep/trials`)) {
    if (name.endsWith(".part")) continue;
    const text = await Deno.readTextFile(`${folder}/results/sweep/trials/${name}/summary.json`);
    const { seconds: _, stages: __, ...rest } = JSON.parse(text);
    found[name] = JSON.stringify(rest, (key, value) => key === "seconds" ? undefined : value);
  }
  return found;
}

export async function inFolder<T>(spec: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/spec.yaml`, spec);
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

export const CLUSTER = fileURLToPath(new URL("./slurm_cluster.sh", import.meta.url));
