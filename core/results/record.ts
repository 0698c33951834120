import type { RunSummary } from "../contracts/summary.ts";
import { basename, join } from "node:path";
import { parse } from "@std/yaml";
import { methodRows } from "../report/summary.ts";
import { type Settings, settingsOf } from "./settings.ts";

/** A metric's mean over the observations of a scenario; null where it is no finite number. */
interface MetricRecord {
  readonly scenario: string;
  readonly method: string;
  readonly metric: string;
  readonly value: number | null;
  /** Standard error of the mean; null where it is not known. */
  readonly error: number | null;
}

/** What a list of runs knows of one run folder: a pure function of its small files. */
export interface RunRecord {
  /** Below the results folder, with `/`. */
  readonly folder: string;
  readonly name: string;
  /** When it started, ISO 8601 in UTC; null where the manifest does not say. */
  readonly time: string | null;
  /** As the manifest says; `damaged` where there is none that can be read. */
  readonly status: string;
  readonly hash: string | null;
  readonly engine: string | null;
  readonly seconds: number | null;
  readonly seed: number | null;
  /** Commit of the program. */
  readonly git: string | null;
  /** The process that works on it, and its machine. */
  readonly process: { readonly pid: number; readonly host: string } | null;
  readonly settings: Settings;
  readonly scenarios: readonly {
    readonly name: string;
    readonly observations: number;
    readonly cost: { readonly solves: number; readonly passes: number; readonly seconds: number } | null;
  }[];
  readonly metrics: readonly MetricRecord[];
}

/** The small files that a record is made of; a change of one of them outdates it. */
export const RECORD_FILES = ["manifest.json", "summary.json", "resolved.yaml"] as const;

/** Reads a run folder's record. A file that is missing or damaged leaves its part empty, never an error. */
export async function readRecord(root: string, folder: string): Promise<RunRecord> {
  const read = async <T>(name: string, decode: (text: string) => unknown): Promise<T | undefined> => {
    try {
      return decode(await Deno.readTextFile(join(root, folder, name))) as T;
    } catch {
      return undefined;
    }
  };
  const manifest = await read<Record<string, any>>("manifest.json", JSON.parse);
  const summary = await read<RunSummary>("summary.json", JSON.parse);
  const spec = await read<Record<string, unknown>>("resolved.yaml", parse);
  const { pid, host } = manifest ?? {};
  return {
    folder,
    name: summary?.name ?? manifest?.name ?? folder.split("/")[0],
    time: manifest?.started ?? null,
    status: manifest?.status ?? "damaged",
    hash: summary?.specHash ?? /-([0-9a-f]{8,})(-\d+)?$/.exec(basename(folder))?.[1] ?? null,
    engine: summary?.engine ?? manifest?.engine?.name ?? null,
    seconds: summary?.seconds ?? null,
    seed: manifest?.seed ?? null,
    git: manifest?.git?.commit ?? null,
    process: Number.isInteger(pid) && typeof host === "string" ? { pid, host } : null,
    settings: spec && typeof spec === "object" ? settingsOf(spec) : {},
    scenarios: (summary?.scenarios ?? []).map(({ name, observations, cost = null }) => ({
      name,
      observations,
      cost,
    })),
    metrics: (summary?.scenarios ?? []).flatMap(metricRecords),
  };
}

function metricRecords(scenario: RunSummary["scenarios"][number]): MetricRecord[] {
  return methodRows(scenario).flatMap(({ method, values, errors }) =>
    Object.entries(values).map(([metric, value]) => ({
      scenario: scenario.name,
      method,
      metric,
      value,
      error: errors[metric] ?? null,
    }))
  );
}

/** Folders of a run that hold no other run. */
const INNER = new Set(["arrays", "figures", "checkpoints", "flow"]);

/** Every run folder below `root`, sorted: those with a manifest. Hidden folders and links are not followed. */
export async function findRuns(root: string, below = ""): Promise<string[]> {
  let entries: Deno.DirEntry[];
  try {
    entries = await Array.fromAsync(Deno.readDir(join(root, below)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  if (entries.some(({ name, isFile }) => isFile && name === "manifest.json")) return [below || "."];
  const inner = entries.filter(({ name, isDirectory }) =>
    isDirectory && !name.startsWith(".") && !INNER.has(name)
  );
  const inFolders = await Promise.all(
    inner.map(({ name }) => findRuns(root, below ? `${below}/${name}` : name)),
  );
  return inFolders.flat().sort();
}
