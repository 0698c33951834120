import { dirname } from "node:path";
import { writeFault } from "../base/files.ts";

/** How often a waiting process looks again, in milliseconds. */
export const LOOK_AGAIN = 200;

export interface LockOptions {
  readonly signal?: AbortSignal;
  /** Called once if the lock is not free, with the process id of its holder. */
  readonly waits?: (holder: string) => void;
}

/**
 * Calls a function while this process alone holds the lock file at `path`. The kernel holds the lock (`flock`) and
 * frees it when the process ends in any way, so no lock becomes stale. On a file system without locks the function
 * runs without one.
 */
export async function exclusively<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const release = await acquire(path, options);
  try {
    return await work();
  } finally {
    await release();
  }
}

/** Takes a free lock and returns its release. Returns undefined if the lock is held. */
export async function tryAcquire(path: string): Promise<(() => Promise<void>) | undefined> {
  const file = await openLock(path);
  if (await locked(file) && await isAt(file, path)) return () => letGo(file, path);
  file.close();
}

async function acquire(path: string, { signal, waits }: LockOptions): Promise<() => Promise<void>> {
  for (let told = false;;) {
    const release = await tryAcquire(path);
    if (release) return release;
    if (!told) waits?.(await Deno.readTextFile(path).catch(() => "unknown"));
    told = true;
    signal?.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
  }
}

async function openLock(path: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    return await Deno.open(path, { read: true, write: true, create: true });
  } catch (error) {
    throw writeFault(error, path);
  }
}

/** Takes the lock of a file. Returns true if it was free or the file system has no locks. */
export async function locked(file: Deno.FsFile): Promise<boolean> {
  try {
    return await file.tryLock(true);
  } catch (error) {
    if (/ENOTSUP|EOPNOTSUPP|ENOLCK|ENOSYS/.test((error as { code?: string }).code ?? "")) return true;
    throw error;
  }
}

/** Whether the open file is still the one at its path. The last holder may have removed it after it was opened. */
async function isAt(file: Deno.FsFile, path: string): Promise<boolean> {
  const [opened, there] = await Promise.all([file.stat(), Deno.stat(path).catch(() => undefined)]);
  if (opened.ino !== there?.ino) return false;
  await file.truncate();
  await file.write(new TextEncoder().encode(`process ${Deno.pid}`)).catch(() => {}); // a full disk is no obstacle
  return true;
}

async function letGo(file: Deno.FsFile, path: string): Promise<void> {
  await Deno.remove(path).catch(() => {});
  file.close();
}
