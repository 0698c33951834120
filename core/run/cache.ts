import { join } from "node:path";
import type { ArrayStore } from "../contracts/operator.ts";
import { decodeNpy, encodeNpy } from "../npy.ts";
import { canonicalJson, digest, writeAtomic } from "./files.ts";

/** Files of one finished stage, by name. */
export type StageFiles = Readonly<Record<string, Uint8Array>>;

/** A folder of finished stages, each addressed by what it depends on. */
export interface StageCache {
  /** The stage's files, or undefined when it is missing or any file's digest differs. */
  load(stage: string, inputs: unknown): Promise<StageFiles | undefined>;
  /** Keeps the files; the manifest comes last, so that an interrupted write is never found. */
  store(stage: string, inputs: unknown, files: StageFiles): Promise<void>;
  /** Forgets a stage, such as a checkpoint that its finished stage replaces. */
  remove(stage: string, inputs: unknown): Promise<void>;
}

/** A {@link StageCache} in `folder`; `code` is the digest of the sources that make the stages. */
export function stageCache(folder: string, code: string): StageCache {
  const place = async (stage: string, inputs: unknown) =>
    join(folder, `${stage}-${await digest(canonicalJson({ stage, code, inputs }), 16)}`);
  return {
    async load(stage, inputs) {
      const at = await place(stage, inputs);
      try {
        const manifest: Record<string, string> = JSON.parse(
          await Deno.readTextFile(join(at, "manifest.json")),
        );
        const files: Record<string, Uint8Array> = {};
        for (const [name, expected] of Object.entries(manifest)) {
          files[name] = await Deno.readFile(join(at, name));
          if (await digest(files[name]) !== expected) return undefined;
        }
        return files;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
        throw error;
      }
    },
    async store(stage, inputs, files) {
      const at = await place(stage, inputs);
      const manifest: Record<string, string> = {};
      for (const [name, bytes] of Object.entries(files)) {
        await writeAtomic(join(at, name), bytes);
        manifest[name] = await digest(bytes);
      }
      await writeAtomic(join(at, "manifest.json"), JSON.stringify(manifest));
    },
    async remove(stage, inputs) {
      await Deno.remove(await place(stage, inputs), { recursive: true }).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    },
  };
}

/** Arrays that depend on `inputs`, each a stage of its own, so that one at a time is encoded. */
export function arrayStore(cache: StageCache, inputs: unknown): ArrayStore {
  const stage = "array", file = "array.npy";
  return {
    async load(name) {
      const found = await cache.load(stage, { inputs, name });
      if (!found) return undefined;
      const { data, shape } = decodeNpy(found[file]);
      return { values: data as Float32Array, shape };
    },
    save: (name, { values, shape }) =>
      cache.store(stage, { inputs, name }, { [file]: encodeNpy(values, shape) }),
  };
}
