import { join } from "node:path";
import { encodeNpy } from "../npy.ts";
import { writeAtomic, writeFault } from "./files.ts";

/** Takes the arrays that the report draws. */
export interface ArrayRecorder {
  /** `arrays/<path>.npy`. */
  array(path: string, data: Float32Array | Float64Array, shape: readonly number[]): Promise<void>;
}

/** Arrays as an {@link ArrayRecorder} was given them. */
export type RecordedArrays = Readonly<
  Record<string, { data: Float32Array | Float64Array; shape: readonly number[] }>
>;

/** An {@link ArrayRecorder} that keeps what it is given, to be stored and recorded in every run that reads it. */
export function arrayCollector(): ArrayRecorder & { readonly take: () => RecordedArrays } {
  let arrays: Record<string, RecordedArrays[string]> = {};
  return {
    take() {
      const taken = arrays;
      arrays = {};
      return taken;
    },
    array: (path, data, shape) => {
      arrays[path] = { data, shape };
      return Promise.resolve();
    },
  };
}

export async function recordArrays(recorder: ArrayRecorder, arrays: RecordedArrays): Promise<void> {
  for (const [path, { data, shape }] of Object.entries(arrays)) await recorder.array(path, data, shape);
}

/** Writes one run's folder: files atomically, events append-only. */
export interface Recorder extends ArrayRecorder {
  readonly folder: string;
  /** One line of metrics.jsonl. */
  event(line: Record<string, unknown>): void;
  /** One line of log.txt. */
  log(line: string): void;
  file(name: string, content: string | Uint8Array): Promise<void>;
  close(): void;
}

/** For work that makes no run folder. */
export const NO_RECORDER: Recorder = {
  folder: "",
  event: () => {},
  log: () => {},
  file: () => Promise.resolve(),
  array: () => Promise.resolve(),
  close: () => {},
};

/** A new folder `results/<name>/<UTC>-<hash8>/`, or exactly `out`, which must be empty or absent. */
export async function openRecorder(
  { name, hash, out, now = new Date() }: { name: string; hash: string; out?: string; now?: Date },
): Promise<Recorder> {
  const stamp = now.toISOString().replace(/[-:]/g, "").slice(0, 15) + "Z";
  const folder = out ?? join("results", name, `${stamp}-${hash}`);
  await Deno.mkdir(folder, { recursive: true }).catch((error) => {
    throw writeFault(error, folder);
  });
  for await (const _ of Deno.readDir(folder)) {
    throw new Error(`The run folder ${folder} is not empty: choose another with --out, or remove it.`);
  }
  const events = await openLines(join(folder, "metrics.jsonl")),
    log = await openLines(join(folder, "log.txt"));
  return {
    folder,
    event: (line) => events.write(JSON.stringify(line)),
    log: (line) => log.write(`${new Date().toISOString()} ${line}`),
    file: (path, content) => writeAtomic(join(folder, path), content),
    array: (path, data, shape) => writeAtomic(join(folder, "arrays", `${path}.npy`), encodeNpy(data, shape)),
    close() {
      events.close();
      log.close();
    },
  };
}

/** A file that lines are added to. */
async function openLines(path: string): Promise<{ write(line: string): void; close(): void }> {
  const encoder = new TextEncoder();
  try {
    const file = await Deno.open(path, { append: true, create: true, write: true });
    return {
      write(line) {
        try {
          file.writeSync(encoder.encode(`${line}\n`));
        } catch (error) {
          throw writeFault(error, path);
        }
      },
      close: () => file.close(),
    };
  } catch (error) {
    throw writeFault(error, path);
  }
}
