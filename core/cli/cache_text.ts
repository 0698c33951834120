import type { CacheEntry, Pruned } from "../store/cache_entries.ts";
import type { StageExplanation } from "./cache_explain.ts";
import { duration } from "../base/progress.ts";

/** The cache as a table: stage, key, experiment, size, age and last use. */
export function cacheTable(entries: readonly CacheEntry[], now = new Date()): string {
  const rows = entries.map(({ name, bytes, used, manifest }) => {
    const cut = name.lastIndexOf("-");
    if (!manifest) {
      return [name.slice(0, cut), name.slice(cut + 1), "(damaged or half-written)", sizeText(bytes), "", ""];
    }
    const age = (since: Date) => duration(Math.max(0, (+now - +since) / 1000));
    return [
      name.slice(0, cut),
      name.slice(cut + 1),
      manifest.experiment,
      sizeText(bytes),
      age(new Date(manifest.made)),
      age(used),
    ];
  });
  const head = ["stage", "key", "made by", "size", "age", "last use"];
  const widths = head.map((title, k) => Math.max(title.length, ...rows.map((row) => row[k].length)));
  const line = (row: readonly string[]) => row.map((cell, k) => cell.padEnd(widths[k])).join("  ").trimEnd();
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  return [line(head), ...rows.map(line), `${entries.length} entries, ${sizeText(total)}`].join("\n");
}

/** For each kind of stage, how much is cached and why the rest is not. */
export function explanationText(stages: readonly StageExplanation[]): string {
  const width = Math.max(...stages.map(({ name }) => name.length));
  return stages.flatMap(({ name, cached, total, because }) => [
    `${name.padEnd(width)}  ${
      cached === total ? "cached" : cached === 0 ? "not cached" : `${cached} of ${total} cached`
    }`,
    ...because.map((reason) => `${" ".repeat(width + 4)}${reason}`),
  ]).join("\n");
}

export function prunedText({ removed, inUse }: Pruned, { dryRun }: { dryRun: boolean }): string {
  const bytes = removed.reduce((sum, entry) => sum + entry.bytes, 0);
  const inUseText = inUse.length > 0
    ? `; ${inUse.length} in use ${inUse.length === 1 ? "stays" : "stay"}`
    : "";
  const entries = `${removed.length} ${removed.length === 1 ? "entry" : "entries"}`;
  return `${dryRun ? "Would free" : "Freed"} ${sizeText(bytes)}: ${entries}${inUseText}.`;
}

function sizeText(bytes: number): string {
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
