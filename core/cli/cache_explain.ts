import { join } from "node:path";
import { SOURCES } from "../store/cache.ts";
import { cacheEntries, type CacheEntry } from "../store/cache_entries.ts";
import type { Experiment } from "../run/experiment.ts";
import { stagesOf, targetsOf } from "../run/experiment.ts";
import type { Path } from "../spec/path.ts";
import { pathText } from "../spec/path_text.ts";
import { canonicalJson } from "../base/files.ts";
import type { Node } from "../store/graph.ts";
import type { Sources } from "../store/sources.ts";

/** The number of results of a stage, and how many of them are in the cache. */
export interface StageStatus {
  readonly name: string;
  readonly cached: number;
  readonly total: number;
}

/**
 * For each stage, how many results a run would not compute. A result that the run does not need, because all that
 * follows from it is cached, is counted as cached.
 */
export async function cacheStatus(experiment: Experiment): Promise<StageStatus[]> {
  const missing = await experiment.context.graph.missing(targetsOf(experiment));
  return stagesOf(experiment).map(({ name, nodes }) => ({
    name,
    cached: nodes.filter((node) => !missing.has(node.name)).length,
    total: nodes.length,
  }));
}

/** How many results of a kind of stage are cached, and why the first missing one is missing. */
export interface StageExplanation extends StageStatus {
  readonly because: readonly string[];
}

/**
 * For every kind of stage of an experiment, how many results are cached, and how the first missing one differs from
 * the entries in the cache.
 */
export async function explainCache(experiment: Experiment): Promise<StageExplanation[]> {
  const { cache } = experiment.context, nodes = reachable(targetsOf(experiment));
  const entries = await cacheEntries(cache.folder), stages: StageExplanation[] = [];
  for (const [name, sameStage] of Map.groupBy(nodes, ({ stage }) => stage)) {
    const missing: Node[] = [];
    for (const node of sameStage) if (!await cache.has(node.address)) missing.push(node);
    const because = missing.length > 0
      ? await differences(missing[0], { entries, folder: cache.folder })
      : [];
    stages.push({ name, cached: sameStage.length - missing.length, total: sameStage.length, because });
  }
  return stages;
}

/**
 * All results that the targets depend on and that the cache stores. Each result comes after those that it depends on.
 */
function reachable(targets: readonly Node[]): Node[] {
  const nodes = new Map<string, Node>();
  const visit = (node: Node) => {
    if (nodes.has(node.name)) return;
    node.upstream.forEach(visit);
    nodes.set(node.name, node);
  };
  targets.forEach(visit);
  return [...nodes.values()].filter(({ transient }) => !transient);
}

/** How the identity of a result differs from that of the most similar entry of its stage. */
async function differences(
  node: Node,
  { entries, folder }: { entries: readonly CacheEntry[]; folder: string },
): Promise<string[]> {
  let nearest: string[] | undefined;
  for (const { manifest } of entries) {
    if (manifest?.identity.stage !== node.stage) continue;
    const { sources, ...other } = manifest.identity,
      { sources: current, ...identity } = node.address.identity;
    const changes = [
      ...changedLeaves(other.reads, identity.reads),
      ...changedNames(other.files, identity.files).map((name) => `the file ${name} has changed`),
      ...changedNames(await readSources(join(folder, SOURCES, `${sources}.json`)), current)
        .map((name) => `the code in ${name} has changed`),
      ...(other.engine === identity.engine ? [] : [`engine: ${other.engine} -> ${identity.engine}`]),
      ...changedStages(other.upstream, identity.upstream).map((name) => `it follows from another ${name}`),
    ];
    if (!nearest || changes.length < nearest.length) nearest = changes;
  }
  return nearest ?? ["no run has come so far, or its entries were pruned"];
}

async function readSources(path: string): Promise<Sources> {
  return JSON.parse(await Deno.readTextFile(path).catch(() => "{}"));
}

/** `path: old -> new` for every value that differs. `--set` accepts the path as it is written here. */
function changedLeaves(old: unknown, now: unknown): string[] {
  const changed = (path: Path, a: unknown, b: unknown): string[] => {
    if (canonicalJson(a) === canonicalJson(b)) return [];
    if (!isObject(a) || !isObject(b)) return [`${pathText(path, now)}: ${shown(a)} -> ${shown(b)}`];
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].flatMap((key) =>
      changed([...path, Array.isArray(b) ? Number(key) : key], a[key], b[key])
    );
  };
  return changed([], old, now);
}

/** Lists of plain values are compared as a whole. */
function isObject(value: unknown): value is Record<string, unknown> {
  if (Array.isArray(value)) return value.some(isObject);
  return value !== null && typeof value === "object";
}

const LONGEST = 60;

function shown(value: unknown): string {
  const text = value === undefined ? "none" : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
}

function changedNames(
  old: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): string[] {
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((name) => old[name] !== now[name])
    .sort();
}

/** Kinds of stages whose results only one of the two identities depends on. */
function changedStages(old: readonly string[], now: readonly string[]): string[] {
  const changed = [
    ...now.filter((name) => !old.includes(name)),
    ...old.filter((name) => !now.includes(name)),
  ];
  return [...new Set(changed.map((name) => name.slice(0, name.lastIndexOf("-"))))];
}
