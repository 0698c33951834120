import { join } from "node:path";
import { type EntryManifest, lastUse, LOCKS, PART, readManifest, SOURCES } from "./cache.ts";
import { tryAcquire } from "./locks.ts";

/** An entry of the cache as a person sees it. `manifest` is absent where the entry is damaged or half-written. */
export interface CacheEntry {
  /** `<stage>-<key>`. */
  readonly name: string;
  readonly bytes: number;
  readonly used: Date;
  readonly manifest?: EntryManifest;
}

/** Every entry of a cache, the one used last first. */
export async function cacheEntries(folder: string): Promise<CacheEntry[]> {
  const entries: CacheEntry[] = [];
  for (const { name, isDirectory } of await filesOf(folder)) {
    if (!isDirectory || name === LOCKS || name === SOURCES) continue;
    const place = join(folder, name),
      manifest = name.endsWith(PART) ? undefined : await readManifest(place).catch(() => undefined);
    const used = await lastUse(place).catch(() => new Date(0));
    entries.push({ name, bytes: await bytesIn(place), used, manifest });
  }
  return entries.sort((a, b) => +b.used - +a.used);
}

/** Which entries to remove: those not used for some time, the least recently used ones above a size, or all. */
export interface PruneOptions {
  /** Milliseconds. */
  readonly olderThan?: number;
  readonly keep?: number;
  readonly all?: boolean;
  readonly dryRun?: boolean;
}

export interface Pruned {
  readonly removed: readonly CacheEntry[];
  /** Entries that a running process works on. */
  readonly inUse: readonly CacheEntry[];
}

/**
 * Removes entries. Damaged and half-written entries are always removed. Entries that a process works on are never
 * removed.
 */
export async function pruneCache(folder: string, options: PruneOptions): Promise<Pruned> {
  const removed: CacheEntry[] = [], inUse: CacheEntry[] = [];
  for (const entry of doomed(await cacheEntries(folder), options)) {
    const lock = join(folder, LOCKS, entry.manifest?.lock ?? entry.name.replace(PART, ""));
    const release = await tryAcquire(lock);
    if (!release) {
      inUse.push(entry);
      continue;
    }
    if (!options.dryRun) await takeAway(join(folder, entry.name));
    removed.push(entry);
    await release();
  }
  if (!options.dryRun) await sweep(folder);
  return { removed, inUse };
}

function doomed(entries: readonly CacheEntry[], { olderThan, keep, all }: PruneOptions): CacheEntry[] {
  let total = 0;
  return entries.filter(({ manifest, used, bytes }) => {
    if (all || !manifest) return true;
    if (olderThan !== undefined && Date.now() - +used > olderThan) return true;
    total += bytes;
    return keep !== undefined && total > keep;
  });
}

/** Removes locks that no process holds, and lists of sources that no entry refers to. */
async function sweep(folder: string): Promise<void> {
  for (const { name } of await filesOf(join(folder, LOCKS))) {
    await (await tryAcquire(join(folder, LOCKS, name)))?.();
  }
  const named = new Set(
    (await cacheEntries(folder)).map(({ manifest }) => `${manifest?.identity.sources}.json`),
  );
  for (const { name } of await filesOf(join(folder, SOURCES))) {
    if (!named.has(name)) await takeAway(join(folder, SOURCES, name));
  }
}

/** Removes a file or folder. It is no error if another process has already removed it. */
async function takeAway(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

async function filesOf(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function bytesIn(place: string): Promise<number> {
  let bytes = 0;
  for (const { name } of await filesOf(place)) {
    bytes += await Deno.stat(join(place, name)).then(({ size }) => size, () => 0); // a run may take it away
  }
  return bytes;
}
