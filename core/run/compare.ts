import { join } from "node:path";

type Numbers = Readonly<Record<string, number>>;

interface StoredScenario {
  readonly name: string;
  readonly amortized?: Numbers;
  readonly corrected?: Numbers;
  readonly errors: Readonly<Record<string, Numbers>>;
}

interface StoredRun {
  readonly folder: string;
  readonly specHash: string;
  readonly scenarios: readonly StoredScenario[];
}

/** Reads a run's outcome; a run without one did not finish. */
async function readRun(folder: string): Promise<StoredRun> {
  try {
    return { folder, ...JSON.parse(await Deno.readTextFile(join(folder, "summary.json"))) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`${folder} has no summary.json: it is not a finished run.`);
  }
}

/** Runs side by side, as JSON or as a table: per scenario, method and metric one column a run, mean ± standard error. */
export async function compareRuns(folders: readonly string[], { json }: { json: boolean }): Promise<string> {
  const runs = await Promise.all(folders.map(readRun));
  if (json) return JSON.stringify(runs, null, 2);
  const lines = runs.map((run, i) => `[${i + 1}] ${run.folder}  (spec ${run.specHash})`);
  const names = [...new Set(runs.flatMap((run) => run.scenarios.map((s) => s.name)))];
  for (const name of names) {
    lines.push("", name, header(runs.length));
    const found = runs.map((run) => run.scenarios.find((s) => s.name === name));
    for (const method of ["amortized", "corrected"] as const) {
      const metrics = new Set(found.flatMap((s) => Object.keys(s?.[method] ?? {})));
      for (const metric of metrics) {
        const cells = found.map((s) => cell(s?.[method]?.[metric], s?.errors[method]?.[metric]));
        lines.push(`  ${`${method}.${metric}`.padEnd(28)}${cells.join("")}`);
      }
    }
  }
  return lines.join("\n");
}

function header(runs: number): string {
  return " ".repeat(30) + Array.from({ length: runs }, (_, i) => `[${i + 1}]`.padStart(18)).join("");
}

function cell(value?: number, error?: number): string {
  const text = value === undefined ? "-" : `${value.toPrecision(4)} ± ${(error ?? NaN).toPrecision(2)}`;
  return text.padStart(18);
}
