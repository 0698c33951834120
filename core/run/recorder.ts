import { join } from "node:path";
import { encodeNpy } from "../npy.ts";
import { writeAtomic } from "./files.ts";

/** Writes one run's folder: files atomically, events append-only. */
export interface Recorder {
  readonly folder: string;
  /** One line of metrics.jsonl. */
  event(line: Record<string, unknown>): void;
  /** One line of log.txt. */
  log(line: string): void;
  file(name: string, content: string | Uint8Array): Promise<void>;
  /** `arrays/<path>.npy`. */
  array(path: string, data: Float32Array | Float64Array, shape: readonly number[]): Promise<void>;
  close(): void;
}

/** A new folder `results/<name>/<UTC>-<hash8>/`, or exactly `out`, which must be empty or absent. */
export async function openRecorder(
  { name, hash, out, now = new Date() }: { name: string; hash: string; out?: string; now?: Date },
): Promise<Recorder> {
  const stamp = now.toISOString().replace(/[-:]/g, "").slice(0, 15) + "Z";
  const folder = out ?? join("results", name, `${stamp}-${hash}`);
  await Deno.mkdir(folder, { recursive: true });
  for await (const _ of Deno.readDir(folder)) {
    throw new Error(`The run folder ${folder} is not empty: choose another with --out, or remove it.`);
  }
  const append = { append: true, create: true, write: true };
  const events = await Deno.open(join(folder, "metrics.jsonl"), append);
  const log = await Deno.open(join(folder, "log.txt"), append);
  const encoder = new TextEncoder();
  return {
    folder,
    event: (line) => void events.writeSync(encoder.encode(JSON.stringify(line) + "\n")),
    log: (line) => void log.writeSync(encoder.encode(`${new Date().toISOString()} ${line}\n`)),
    file: (path, content) => writeAtomic(join(folder, path), content),
    array: (path, data, shape) => writeAtomic(join(folder, "arrays", `${path}.npy`), encodeNpy(data, shape)),
    close() {
      events.close();
      log.close();
    },
  };
}
