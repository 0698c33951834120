import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../../mod.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../../deno.json", import.meta.url));

/** The head of a spec that images 16 x 16 cells and learns in seconds: training, shifts and evaluation follow. */
export const TINY_IMAGING = `name: tiny
seed: 5
prior: { kind: layered-geology }
operator:
  kind: born
  grid: { shape: [16, 16], spacing: [12.5 m, 20 m] }
  background: { kind: gradient, top: 2.5 km/s, bottom: 2.8 km/s, water: { depth: 25 m, velocity: 1.5 km/s } }
  acquisition:
    sources: { count: 2, depth: 12.5 m }
    receivers: { count: 4, depth: 12.5 m }
    wavelet: { kind: ricker, frequency: 25 Hz }
    record: { length: 0.2 s, interval: 1.378 ms }
  boundary: { kind: sponge, cells: 8 }
noise: { kind: band-limited, level: { snr: 5 dB } }
flow: { kind: glow, depth: 1, hidden: 8, levels: 1 }
`;

/** The program, or another one, in a process of its own, working in `folder`. */
export function start(
  folder: string,
  args: readonly string[],
  { main = MAIN }: { main?: string } = {},
): Deno.ChildProcess {
  const program = ["run", "-A", "--no-check", "--config", CONFIG, main];
  return new Deno.Command(Deno.execPath(), {
    args: [...program, ...args],
    cwd: folder,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Its exit code and what it said. */
export async function finish(child: Deno.ChildProcess): Promise<{ code: number; err: string }> {
  const { code, stderr } = await child.output();
  return { code, err: new TextDecoder().decode(stderr).trimEnd() };
}

/** Runs a spec in a folder of its own, and gives what it says, its summary, and what `look` sees in the run's folder. */
export async function ranSpec<T = undefined>(
  spec: string,
  look?: (run: string) => Promise<T>,
): Promise<{ err: string; summary: any; seen: T }> {
  const folder = await Deno.makeTempDir();
  try {
    const { err, summary, run } = await ranIn(folder, spec);
    return { err, summary, seen: await look?.(run) as T };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs a spec in a folder that runs before it may have left results in; gives what it says, its summary and its place. */
export async function ranIn(
  folder: string,
  spec: string,
): Promise<{ err: string; summary: any; run: string }> {
  const run = await Deno.makeTempDir({ dir: folder, prefix: "run-" });
  await Deno.writeTextFile(`${folder}/spec.yaml`, spec);
  const args = ["run", "spec.yaml", "--engine", "wasm", "--workers", "1", "--out", `${run}/out`];
  const { code, err } = await finish(start(folder, args));
  if (code !== 0) throw new Error(`The run ended with ${code}: ${err}`);
  const summary = JSON.parse(await Deno.readTextFile(`${run}/out/summary.json`));
  return { err, summary, run: `${run}/out` };
}
