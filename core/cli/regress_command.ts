import type { RunSummary } from "../contracts/summary.ts";
import {
  expectationsOf,
  flatMetrics,
  type Moved,
  movedMetrics,
  movedTable,
  nameOf,
  readExpected,
  writeExpected,
} from "../results/regress.ts";

/** Engines whose results differ only by rounding. The first is judged. */
const ENGINES = ["wasm", "cpu"] as const;

type RegressionEngine = typeof ENGINES[number];

/** Runs a spec and gives its outcome. */
export type RunSpec = (specPath: string, engine: RegressionEngine) => Promise<Pick<RunSummary, "scenarios">>;

/** The outcome of one spec. */
interface SpecOutcome {
  readonly spec: string;
  readonly seconds: number;
  /** How many metrics were judged. */
  readonly metrics: number;
  readonly moved: readonly Moved[];
  /** Why the run failed, where it did. */
  readonly error?: string;
}

/**
 * Runs every spec and compares its metrics with the expected ones. `update` rewrites the expected ones instead. `say`
 * gets a line for each finished spec. A failed run is an outcome, and the others go on unless `signal` is aborted.
 */
export async function regress(
  specs: readonly string[],
  { run, update, say, signal }: {
    run: RunSpec;
    update: boolean;
    say: (line: string) => void;
    signal: AbortSignal;
  },
): Promise<SpecOutcome[]> {
  const expectations = update ? [] : await Promise.all(specs.map(readExpected)); // fails before the first long run
  const outcomes: SpecOutcome[] = [];
  for (const [i, path] of specs.entries()) {
    const from = performance.now(), spec = nameOf(path), seconds = () => (performance.now() - from) / 1000;
    try {
      const actual = flatMetrics(await run(path, ENGINES[0]));
      const before = update ? await readExpected(path).catch(() => ({})) : expectations[i];
      if (update) await writeExpected(path, expectationsOf(actual, flatMetrics(await run(path, ENGINES[1]))));
      const moved = movedMetrics(actual, before);
      outcomes.push({ spec, seconds: seconds(), metrics: Object.keys(actual).length, moved });
    } catch (error) {
      signal.throwIfAborted();
      outcomes.push({ spec, seconds: seconds(), metrics: 0, moved: [], error: (error as Error).message });
    }
    say(`[${i + 1}/${specs.length}] ${outcomeLine(outcomes.at(-1)!)}`);
  }
  return outcomes;
}

function outcomeLine({ spec, seconds, metrics, moved, error }: SpecOutcome): string {
  const what = error !== undefined
    ? `the run failed: ${error}`
    : moved.length === 0
    ? `${metrics} metrics as expected`
    : `${moved.length} metric${moved.length === 1 ? "" : "s"} moved`;
  return `${spec}: ${what} (${seconds.toFixed(1)} s)`;
}

/** The outcomes as a table of what moved, or as JSON for a program. */
export function outcomesText(outcomes: readonly SpecOutcome[], { json }: { json: boolean }): string {
  if (json) return JSON.stringify(outcomes, null, 2);
  const moved = outcomes.flatMap(({ spec, moved }) => moved.map((one) => ({ spec, ...one })));
  const failed = outcomes.filter(({ error }) => error !== undefined);
  const judged = outcomes.reduce((sum, { metrics }) => sum + metrics, 0);
  const failures = failed.length > 0 ? `, ${failed.length} failed` : "";
  const count = `${outcomes.length} specs, ${judged} metrics: ${moved.length} moved${failures}`;
  return moved.length > 0 ? `${movedTable(moved)}\n${count}` : count;
}
