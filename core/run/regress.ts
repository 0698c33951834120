import { basename, join } from "node:path";
import { writeAtomic } from "./files.ts";
import type { RunOutcome } from "./run.ts";

/** Committed expectation of one metric. */
interface Expected {
  readonly value: number;
  readonly tolerance: number;
}

export interface Moved {
  readonly metric: string;
  readonly expected?: number;
  readonly tolerance?: number;
  readonly actual?: number;
}

/** Tolerances for a fresh expectation: f32 rounding differs between machines and grows through training. */
const TOLERANCE: Readonly<Record<string, number>> = {
  snr: 0.3,
  rmse: 0.05,
  ssim: 0.05,
  coverage50: 0.06,
  coverage90: 0.06,
  coverage95: 0.06,
  crps: 0.05,
  dataResidual: 0.02,
};

/** `scenario/method.metric` -> value, for the amortized and corrected posteriors. */
export function flatMetrics({ scenarios }: RunOutcome["summary"]): Record<string, number> {
  const flat: Record<string, number> = {};
  for (const { slug, amortized, corrected } of scenarios) {
    for (const [method, values] of Object.entries({ amortized, corrected })) {
      for (const [metric, value] of Object.entries(values ?? {})) flat[`${slug}/${method}.${metric}`] = value;
    }
  }
  return flat;
}

/** The metrics of a run that left their expected interval, appeared, or vanished. */
export function movedMetrics(
  actual: Readonly<Record<string, number>>,
  expected: Readonly<Record<string, Expected>>,
): Moved[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
  return names.flatMap((metric) => {
    const want = expected[metric], is = actual[metric];
    const kept = want && is !== undefined && Math.abs(is - want.value) <= want.tolerance;
    return kept ? [] : [{ metric, expected: want?.value, tolerance: want?.tolerance, actual: is }];
  });
}

/** The committed expectation of a spec; a spec that has none yet is told how to get one. */
export async function readExpected(specPath: string): Promise<Record<string, Expected>> {
  const path = expectedPath(specPath);
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(
      `${specPath} has no expectation yet: deno task regress ${
        basename(specPath, ".yaml")
      } --update writes ${path}`,
    );
  }
}

/** Rewrites a spec's expectation from a run, as a reviewable diff. */
export async function writeExpected(
  specPath: string,
  actual: Readonly<Record<string, number>>,
): Promise<void> {
  const entries = Object.entries(actual).map(([metric, value]) => {
    const tolerance = TOLERANCE[metric.split(".").pop()!] ?? Math.abs(value) * 0.05;
    return [metric, { value: Number(value.toPrecision(5)), tolerance }];
  });
  await writeAtomic(expectedPath(specPath), JSON.stringify(Object.fromEntries(entries), null, 2) + "\n");
}

function expectedPath(specPath: string): string {
  return specPath.replace(/\.yaml$/, ".expected.json");
}

/** The regression specs of a folder, all or the named ones, sorted. */
export async function regressionSpecs(folder: string, wanted: readonly string[] = []): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const known = entries.filter(({ name }) => name.endsWith(".yaml")).map(({ name }) =>
    basename(name, ".yaml")
  );
  for (const name of wanted) {
    if (!known.includes(name)) {
      throw new Error(`There is no regression spec ${name}: ${folder} has ${known.sort().join(", ")}`);
    }
  }
  return known.filter((name) => wanted.length === 0 || wanted.includes(name)).sort()
    .map((name) => join(folder, `${name}.yaml`));
}

/** What moved, one line a metric. */
export function movedTable(specPath: string, moved: readonly Moved[]): string {
  const show = (v?: number) => v === undefined ? "-" : v.toPrecision(4);
  const lines = moved.map((m) =>
    `  ${m.metric.padEnd(40)} expected ${show(m.expected).padStart(9)} ± ${show(m.tolerance).padEnd(8)} got ${
      show(m.actual)
    }`
  );
  const count = moved.length === 1 ? "1 metric moved" : `${moved.length} metrics moved`;
  return [`${specPath}: ${moved.length === 0 ? "as expected" : count}`, ...lines].join("\n");
}
