import { join } from "node:path";
import { encodeNpy } from "../data/npy.ts";
import { writeAtomic, writeFault } from "../base/files.ts";
import { claimed, newFolder, runName } from "./new_folder.ts";

/** Takes the arrays that the report draws. */
export interface ArrayRecorder {
  /** `arrays/<path>.npy`. */
  array(path: string, data: Float32Array | Float64Array, shape: readonly number[]): Promise<void>;
}

/** The arrays that were given to an {@link ArrayRecorder}. */
export type RecordedArrays = Readonly<
  Record<string, { data: Float32Array | Float64Array; shape: readonly number[] }>
>;

/**
 * An {@link ArrayRecorder} that holds the arrays it is given. They are stored with a result and recorded in every run
 * that uses it.
 */
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
  /** Lines of log.txt. */
  log(text: string): void;
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
  { name, hash, out }: { name: string; hash: string; out?: string },
): Promise<Recorder> {
  const folder = out ?? await newFolder(join("results", name), runName({ hash }));
  const events = lines(await claimed(folder), join(folder, "metrics.jsonl")), path = join(folder, "log.txt");
  const log = lines(await opened(path), path);
  return {
    folder,
    event: (line) => events.write(JSON.stringify(line)),
    log(text) {
      const now = new Date().toISOString();
      for (const line of text.split("\n")) if (line !== "") log.write(`${now} ${line}`);
    },
    file: (path, content) => writeAtomic(join(folder, path), content),
    array: (path, data, shape) => writeAtomic(join(folder, "arrays", `${path}.npy`), encodeNpy(data, shape)),
    close() {
      events.close();
      log.close();
    },
  };
}

async function opened(path: string): Promise<Deno.FsFile> {
  return await Deno.open(path, { append: true, create: true }).catch((error) => {
    throw writeFault(error, path);
  });
}

/** A file that lines are added to. */
function lines(file: Deno.FsFile, path: string): { write(line: string): void; close(): void } {
  const encoder = new TextEncoder();
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
}
