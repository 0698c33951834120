import { join } from "node:path";
import type { ArrayStore } from "../contracts/operator.ts";
import { decodeNpy, encodeNpy } from "../data/npy.ts";
import { canonicalJson, digestOf, writeFault } from "../base/files.ts";
import { exclusively, type LockOptions } from "./locks.ts";
import type { Sources } from "./sources.ts";

/** Finished stages are kept here, beside the runs that made them. */
export const CACHE_FOLDER = "results/.cache";

/** Files of one finished stage, by name. */
export type StageFiles = Readonly<Record<string, Uint8Array>>;

/** All that a stage's result depends on. */
export interface Identity {
  readonly stage: string;
  /** The part of the spec that it reads. */
  readonly reads: unknown;
  /** Keys of the stages whose results it reads, `<stage>-<key>`. */
  readonly upstream: readonly string[];
  /** Digests of the files that `reads` names. */
  readonly files: Readonly<Record<string, string>>;
  readonly engine?: string;
  readonly sources: Sources;
}

/** A place in the cache: `<stage>-<key>`, the key being the digest of the identity. */
export interface Address {
  readonly name: string;
  readonly identity: Identity;
  /** The entry whose lock is held while this entry is written. Absent: its own lock. */
  readonly lock?: string;
}

/** The manifest of an entry. The digests of the sources are in a separate file that entries share. */
export interface EntryManifest {
  readonly identity: Omit<Identity, "sources"> & { readonly sources: string };
  readonly experiment: string;
  /** Time at which the entry was made, in UTC. */
  readonly made: string;
  readonly lock?: string;
  readonly files: Readonly<Record<string, string>>;
}

/**
 * A folder of results of finished stages, shared by processes. The address of a result is the digest of what it
 * depends on.
 */
export interface StageCache {
  readonly folder: string;
  /** Whether an entry is there; its content is verified when it is loaded. */
  has(at: Address): Promise<boolean>;
  /**
   * The files of a stage. Undefined if there are none. A damaged entry is reported and removed, and counts as
   * missing.
   */
  load(at: Address): Promise<StageFiles | undefined>;
  /** Stores all files or none. An existing entry is not changed unless it is to be replaced. */
  store(at: Address, files: StageFiles, options?: { replace?: boolean }): Promise<void>;
  remove(at: Address): Promise<void>;
  /**
   * Calls a function while no other process works on the entry. Before that, removes files that a killed process left
   * half-written.
   */
  exclusively<T>(at: Address, work: () => Promise<T>): Promise<T>;
}

interface CacheOptions {
  /** Name of the experiment that makes new entries. */
  readonly experiment: string;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
}

const MANIFEST = "manifest.json", DIGITS = 20;
/** A folder that is being written; only the holder of the entry's lock writes. */
export const PART = ".part";
export const LOCKS = "locks", SOURCES = "sources";

export function addressOf(identity: Identity): Address {
  return {
    name: `${identity.stage}-${keyOf({ ...identity, sources: sourcesKey(identity.sources) })}`,
    identity,
  };
}

function keyOf(identity: EntryManifest["identity"]): string {
  return digestOf(canonicalJson(identity), DIGITS);
}

function sourcesKey(sources: Sources): string {
  return digestOf(canonicalJson(sources), DIGITS);
}

/** A {@link StageCache} in `folder`. */
export function stageCache(folder: string, { experiment, say, signal }: CacheOptions): StageCache {
  const placeOf = ({ name }: Address) => join(folder, name);
  const remove = (path: string) => Deno.remove(path, { recursive: true }).catch(unlessMissing);
  return {
    folder,
    has: (at) => Deno.stat(join(placeOf(at), MANIFEST)).then(() => true, () => false),
    async load(at) {
      const place = placeOf(at);
      try {
        const files = await readEntry(place);
        const now = new Date();
        await Deno.utime(join(place, MANIFEST), now, now).catch(() => {}); // its last use, where it may be noted
        return files;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound && !await Deno.stat(place).catch(() => undefined)) return;
        if (!(error instanceof Damage || error instanceof Deno.errors.NotFound)) throw error;
        const why = error instanceof Damage ? error.message : "a file is missing";
        say(`  The cache entry ${at.name} is damaged (${why}): it is not used, and computed again.`);
        await remove(place);
      }
    },
    async store(at, files, { replace = false } = {}) {
      const place = placeOf(at), part = place + PART;
      try {
        await remove(part);
        await Deno.mkdir(part, { recursive: true });
        const digests: Record<string, string> = {};
        for (const [name, bytes] of Object.entries(files)) {
          await Deno.writeFile(join(part, name), bytes);
          digests[name] = digestOf(bytes);
        }
        const { sources, ...identity } = at.identity, key = await keepSources(folder, sources);
        const manifest: EntryManifest = {
          identity: { ...identity, sources: key },
          experiment,
          made: new Date().toISOString(),
          lock: at.lock,
          files: digests,
        };
        await Deno.writeTextFile(join(part, MANIFEST), JSON.stringify(manifest));
        if (replace) await remove(place);
        await Deno.rename(part, place).catch(async (error) => {
          if (!await Deno.stat(place).catch(() => undefined)) throw error;
          await remove(part); // another process was first: its entry is the same
        });
      } catch (error) {
        await remove(part).catch(() => {});
        throw writeFault(error, place);
      }
    },
    remove: (at) => remove(placeOf(at)),
    exclusively(at, work) {
      const options: LockOptions = {
        signal,
        waits: (holder) => say(`  waiting for ${holder}, which computes ${at.name}`),
      };
      return exclusively(join(folder, LOCKS, at.name), async () => {
        await remove(placeOf(at) + PART);
        return await work();
      }, options);
    },
  };
}

/** The error for an entry whose files are not those that were stored. */
class Damage extends Error {}

async function readEntry(place: string): Promise<StageFiles> {
  const manifest = await readManifest(place), files: Record<string, Uint8Array> = {};
  for (const [name, expected] of Object.entries(manifest.files)) {
    files[name] = await Deno.readFile(join(place, name));
    if (digestOf(files[name]) !== expected) {
      throw new Damage(`${name} has another SHA-256 than when it was stored`);
    }
  }
  return files;
}

/**
 * Reads the manifest of the entry in a folder. It is an error if the manifest does not belong to the name of the
 * folder.
 */
export async function readManifest(place: string): Promise<EntryManifest> {
  const text = await Deno.readTextFile(join(place, MANIFEST));
  try {
    const manifest: EntryManifest = JSON.parse(text);
    if (place.endsWith(`${manifest.identity.stage}-${keyOf(manifest.identity)}`)) return manifest;
  } catch {
    throw new Damage(`${MANIFEST} is not JSON`);
  }
  throw new Damage(`${MANIFEST} is of another entry`);
}

/** When an entry was used last. */
export async function lastUse(place: string): Promise<Date> {
  return (await Deno.stat(join(place, MANIFEST))).mtime ?? new Date(0);
}

/** Writes the digests of the sources unless another entry has written them. Returns their key. */
async function keepSources(folder: string, sources: Sources): Promise<string> {
  const key = sourcesKey(sources), path = join(folder, SOURCES, `${key}.json`);
  if (await Deno.stat(path).catch(() => undefined)) return key;
  await Deno.mkdir(join(folder, SOURCES), { recursive: true });
  const part = `${path}.${crypto.randomUUID().slice(0, 8)}${PART}`;
  try {
    await Deno.writeTextFile(part, JSON.stringify(sources));
    await Deno.rename(part, path);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    throw error;
  }
  return key;
}

function unlessMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/** Stores arrays that depend on `identity`. Each array is a separate entry, so that only one is encoded at a time. */
export function arrayStore(cache: StageCache, identity: Identity): ArrayStore {
  const file = "array.npy";
  const at = (name: string) => addressOf({ ...identity, reads: { of: identity.reads, name } });
  return {
    async load(name) {
      const files = await cache.load(at(name));
      if (!files) return undefined;
      const { data, shape } = decodeNpy(files[file]);
      return { values: data as Float32Array, shape };
    },
    save: (name, { values, shape }) => {
      const address = at(name);
      return cache.exclusively(address, () => cache.store(address, { [file]: encodeNpy(values, shape) }));
    },
  };
}
