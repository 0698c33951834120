import { join, resolve } from "node:path";
import type { SpecIssue } from "../contracts/spec.ts";
import { frozenText, type LoadedSpec, preflighter, SpecError, specLoader } from "../spec/mod.ts";
import type { Registry } from "../registry/registry.ts";
import { foreseen, type Proposal } from "./planner.ts";
import { settingsOf } from "./table.ts";

type TrialLoader = (overrides: readonly string[]) => Promise<LoadedSpec>;

/** The text of a swept spec as one file in `folder`, without some of its sections. */
export function frozenSweep(
  loaded: LoadedSpec,
  { folder, without }: { folder: string; without: readonly string[] },
): string {
  const parts = Object.entries(loaded.written).filter(([key]) => !without.includes(key));
  return frozenText({ ...loaded, written: Object.fromEntries(parts) }, { folder: resolve(folder) });
}

/** The spec of a trial: the swept spec without its sweep, read as it is frozen in `folder`, and overridden. */
export function trialLoader(
  loaded: LoadedSpec,
  { registry, folder }: { registry: Registry; folder: string },
): TrialLoader {
  const load = specLoader(registry), faultsOf = preflighter(registry);
  const text = frozenSweep(loaded, { folder, without: ["sweep", "launch"] });
  return async (overrides) => {
    const trial = await load(join(folder, "sweep.yaml"), { text, overrides });
    const issues = await faultsOf(trial);
    if (issues.length > 0) throw new SpecError(issues);
    return trial;
  };
}

/** What is wrong with the trials of a sweep, as its own fault; `most` of them, evenly chosen, are tried. */
export async function trialIssues(
  loaded: LoadedSpec,
  { registry, most = Infinity }: { registry: Registry; most?: number },
): Promise<SpecIssue[]> {
  const { sweep } = loaded.spec;
  if (!sweep) return [];
  const all = foreseen(sweep, loaded.spec), tried = evenly(all, most);
  const load = trialLoader(loaded, { registry, folder: loaded.folder });
  const refused: [Proposal, SpecIssue][] = [];
  for (const trial of tried) {
    const issues = await issuesOf(() => load(trial.overrides));
    if (issues.length > 0) refused.push([trial, issues[0]]);
  }
  if (refused.length === 0) return [];
  const [[trial, { path, message }]] = refused, count = `${refused.length} of ${tried.length}`;
  const what = `${count} trials are refused; the first, ${settingsOf(trial)}: ${path} ${message}`;
  return [loaded.locate({ path: ["sweep"], onKey: true, message: what })];
}

async function issuesOf(work: () => Promise<unknown>): Promise<readonly SpecIssue[]> {
  try {
    await work();
    return [];
  } catch (error) {
    if (error instanceof SpecError) return error.issues;
    throw error;
  }
}

function evenly<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, i) => all[Math.floor(i * all.length / most)]);
}
