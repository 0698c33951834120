import { basename, join } from "node:path";
import { parse } from "@std/yaml";
import { type ComparedRun, type Comparison, comparisonOf } from "../report/comparison.ts";
import { writeComparison } from "../report/comparison_page.ts";
import { comparisonText } from "../report/comparison_text.ts";
import { readRunFolder } from "../report/run_folder.ts";
import { UsageError } from "../base/usage.ts";
import { digest } from "../base/files.ts";
import { findRuns } from "./record.ts";
import { settingsOf } from "./settings.ts";

/**
 * Runs side by side: text or JSON to print, and a page. A folder that holds runs, like a sweep's, stands for its
 * finished runs. Folders without a finished run and fewer than two runs throw a {@link UsageError}.
 */
export async function compareRuns(
  folders: readonly string[],
  { json, html, pages }: { json: boolean; html?: string; pages: string },
): Promise<string> {
  const { runs, unfinished } = await readRuns(folders);
  const comparison = comparisonOf(runs);
  if (json) return JSON.stringify(plain(comparison), null, 2);
  const name = `compare-${await digest(runs.map(({ path }) => path).join("\n"), 8)}.html`;
  const page = html ?? join(pages, name);
  await writeComparison(comparison, page);
  const left = unfinished.length > 0 ? [`Left out, unfinished: ${unfinished.join(", ")}`] : [];
  return [comparisonText(comparison), ...left, `page: ${page}`].join("\n\n");
}

async function readRuns(folders: readonly string[]): Promise<{ runs: ComparedRun[]; unfinished: string[] }> {
  const paths: string[] = [], unfinished: string[] = [];
  for (const folder of folders) {
    const inner = await findRuns(folder);
    if (inner.length === 0) throw new UsageError(`${folder} is no run folder, and no run lies below it.`);
    for (const name of inner) {
      const path = name === "." ? folder : join(folder, name);
      if (await isFinished(path)) paths.push(path);
      else if (name === ".") throw new UsageError(`${folder} has no summary.json: it is not a finished run.`);
      else unfinished.push(path);
    }
  }
  const distinct = [...new Set(paths)];
  if (distinct.length < 2) {
    throw new UsageError(
      `compare needs at least two finished runs, and found ${distinct.length}: ${distinct}`,
    );
  }
  return { runs: await Promise.all(distinct.map(readRun)), unfinished };
}

async function isFinished(path: string): Promise<boolean> {
  return await Deno.stat(join(path, "summary.json")).then(({ isFile }) => isFile, () => false);
}

async function readRun(path: string): Promise<ComparedRun> {
  const run = await readRunFolder(path), { summary, resolved } = run;
  if (!summary) throw new UsageError(`${join(path, "summary.json")} is damaged: run it again.`);
  const spec = resolved === undefined ? {} : parse(resolved) as Record<string, unknown>;
  return { ...run, summary, settings: settingsOf(spec) };
}

/** What a program wants of a comparison. */
function plain({ runs, settings, scenarios }: Comparison) {
  return {
    runs: runs.map(({ path, summary: { specHash, engine, seconds } }) => ({
      folder: path,
      run: basename(path),
      specHash,
      engine,
      seconds,
    })),
    settings,
    scenarios: scenarios.map(({ name, methods }) => ({ name, methods })),
  };
}
