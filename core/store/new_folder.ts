import { join } from "node:path";
import { writeFault } from "../base/files.ts";
import { locked } from "./locks.ts";

/**
 * The first file of a run. The run that creates it owns the folder. The process that writes to it holds a lock on it.
 */
const CLAIM = "metrics.jsonl";

/** Name of a run from its start time and the hash of its spec: `20260101T120000Z-1a2b3c4d`. */
export function runName({ hash, now = new Date() }: { hash: string; now?: Date }): string {
  return `${now.toISOString().replace(/[-:]/g, "").slice(0, 15)}Z-${hash}`;
}

/**
 * Makes a new folder: `name`, or `name-2`, `name-3` and so on if runs start in the same second. `mkdir` fails if the
 * folder exists, so only one run gets each name.
 */
export async function newFolder(parent: string, name: string): Promise<string> {
  await ensured(parent);
  for (let i = 1;; i++) {
    const folder = join(parent, i === 1 ? name : `${name}-${i}`);
    try {
      await Deno.mkdir(folder);
      return folder;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw writeFault(error, folder);
    }
  }
}

async function ensured(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true }).catch((error) => {
    throw writeFault(error, folder);
  });
}

/**
 * Creates the file of events in a folder that must be empty or absent. Only one run can create it; that run owns the
 * folder.
 */
export async function claimed(folder: string): Promise<Deno.FsFile> {
  await ensured(folder);
  const path = join(folder, CLAIM);
  const file = await Deno.open(path, { append: true, createNew: true }).catch(async (error) => {
    throw error instanceof Deno.errors.AlreadyExists ? await occupied(folder) : writeFault(error, path);
  });
  await locked(file);
  for await (const { name } of Deno.readDir(folder)) {
    if (name === CLAIM) continue;
    await Deno.remove(path);
    file.close();
    throw await occupied(folder);
  }
  return file;
}

async function occupied(folder: string): Promise<Error> {
  if (!await isRunning(folder)) {
    return new Error(`The run folder ${folder} is not empty: choose another with --out.`);
  }
  const { pid, host } = await Deno.readTextFile(join(folder, "manifest.json")).then(JSON.parse).catch(
    () => ({}),
  );
  const who = pid === undefined ? "has just begun" : `is process ${pid} on ${host}`;
  return new Error(`Another run is at work in ${folder} (it ${who}): choose another folder with --out.`);
}

/** Whether a run is at work in a folder. Its lock ends with its process; a manifest does not. */
export async function isRunning(folder: string): Promise<boolean> {
  const file = await Deno.open(join(folder, CLAIM), { read: true }).catch(() => undefined);
  const running = file !== undefined && !await locked(file);
  file?.close();
  return running;
}
