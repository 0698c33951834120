import type { EngineName } from "../engine/mod.ts";
import type { LoadedSpec } from "../spec/mod.ts";
import type { Terminal } from "../base/terminal.ts";
import { CACHE_FOLDER } from "../store/cache.ts";
import { cacheEntries, pruneCache, type PruneOptions } from "../store/cache_entries.ts";
import { cacheStatus, explainCache, type StageStatus } from "./cache_explain.ts";
import { cacheTable, explanationText, prunedText } from "./cache_text.ts";
import { type Composition, experimentOf } from "../run/experiment.ts";
import type { Progress } from "../base/progress.ts";
import { NO_RECORDER } from "../store/recorder.ts";
import { machineResources } from "./resources.ts";

/** The work behind `cache`; each gives its exit code. */
export interface CacheCommands {
  list(flags: { readonly json: boolean }): Promise<number>;
  explain(spec: LoadedSpec, flags: { readonly json: boolean; readonly engine: EngineName }): Promise<number>;
  prune(options: PruneOptions): Promise<number>;
  /** How much of each stage of a spec is cached. */
  status(spec: LoadedSpec, flags: { readonly engine: EngineName }): Promise<StageStatus[]>;
}

const SILENT: Progress = { update: () => {}, say: () => {} };

export function cacheCommands(
  composition: Composition,
  { terminal }: { terminal: Terminal },
): CacheCommands {
  const open = ({ spec, folder, files }: LoadedSpec, engine: EngineName) =>
    experimentOf(spec, {
      ...composition,
      specFolder: folder,
      files,
      engine,
      resources: machineResources(),
      recorder: NO_RECORDER,
      progress: SILENT,
    });
  return {
    async list({ json }) {
      const entries = await cacheEntries(CACHE_FOLDER);
      terminal.print(json ? JSON.stringify(entries, null, 2) : cacheTable(entries));
      return 0;
    },
    async explain(loaded, { json, engine }) {
      const stages = await explainCache(await open(loaded, engine));
      terminal.print(json ? JSON.stringify(stages, null, 2) : explanationText(stages));
      return 0;
    },
    async prune(options) {
      terminal.print(
        prunedText(await pruneCache(CACHE_FOLDER, options), { dryRun: options.dryRun ?? false }),
      );
      return 0;
    },
    status: async (loaded, { engine }) => await cacheStatus(await open(loaded, engine)),
  };
}
