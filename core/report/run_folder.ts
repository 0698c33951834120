import type { RunSummary, ScenarioSummary } from "../contracts/summary.ts";
import { join } from "node:path";
import { decodeNpy } from "../data/npy.ts";

/** One line of metrics.jsonl. */
export type RunEvent = Readonly<Record<string, unknown>>;

/** An array of the run, flat in C order. */
export interface StoredArray {
  readonly data: Float64Array;
  readonly shape: readonly number[];
}

/** What a run folder holds. Parts that are not there are undefined, and named in `missing`. */
export interface RunFolder {
  readonly path: string;
  readonly summary?: RunSummary;
  readonly scenarios: readonly ScenarioSummary[];
  readonly events: readonly RunEvent[];
  readonly spec?: string;
  readonly resolved?: string;
  readonly manifest?: Readonly<Record<string, unknown>>;
  readonly missing: readonly string[];
}

/** Reads everything of a run but its arrays. An unfinished or damaged run is no error. */
export async function readRunFolder(path: string): Promise<RunFolder> {
  const missing: string[] = [];
  const text = async (name: string) => {
    const found = await Deno.readTextFile(join(path, name)).catch(() => undefined);
    if (found === undefined) missing.push(name);
    return found;
  };
  const json = <T>(name: string, source: string | undefined): T | undefined => {
    try {
      return source === undefined ? undefined : JSON.parse(source);
    } catch {
      missing.push(`${name} (it is not valid JSON)`);
    }
  };
  const summary = json<RunSummary>("summary.json", await text("summary.json"));
  const events = (await text("metrics.jsonl") ?? "").split("\n").flatMap((line): RunEvent[] => {
    try {
      return line.trim() ? [JSON.parse(line)] : [];
    } catch {
      missing.push(`a whole line of metrics.jsonl in place of ${JSON.stringify(line.slice(0, 40))}`);
      return [];
    }
  });
  return {
    path,
    summary,
    scenarios: summary?.scenarios ?? await recordedScenarios(path),
    events,
    spec: await text("spec.yaml"),
    resolved: await text("resolved.yaml"),
    manifest: json("manifest.json", await text("manifest.json")),
    missing,
  };
}

/** The scenarios of an unfinished run: those that have recorded arrays. */
async function recordedScenarios(path: string): Promise<ScenarioSummary[]> {
  const slugs = await folderNames(join(path, "arrays"));
  return await Promise.all(slugs.map(async (slug) => {
    const observations = (await folderNames(join(path, "arrays", slug))).filter((name) =>
      /^\d+$/.test(name)
    ).length;
    return { name: slug, slug, observations };
  }));
}

async function folderNames(path: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(path))).filter((e) => e.isDirectory).map((e) => e.name).sort();
  } catch {
    return [];
  }
}

/** The arrays of one observation, `arrays/<place>/*.npy`, by name. */
export async function readArrays(path: string, place: string): Promise<Map<string, StoredArray>> {
  const arrays = new Map<string, StoredArray>();
  const folder = join(path, "arrays", place);
  const entries = await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
  for (const { name } of entries.filter((e) => e.name.endsWith(".npy"))) {
    const array = await readArray(join(folder, name));
    if (array) arrays.set(name.slice(0, -".npy".length), array);
  }
  return arrays;
}

/** An array that cannot be read counts as one that is not there. */
async function readArray(path: string): Promise<StoredArray | undefined> {
  try {
    const { data, shape } = decodeNpy(await Deno.readFile(path));
    return { data: Float64Array.from(data), shape };
  } catch {
    return undefined;
  }
}
