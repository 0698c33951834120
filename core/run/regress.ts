import { join } from "node:path";
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
      for (const [metric, value] of Object.entries(values)) flat[`${slug}/${method}.${metric}`] = value;
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

export async function readExpected(specPath: string): Promise<Record<string, Expected>> {
  return JSON.parse(await Deno.readTextFile(expectedPath(specPath)));
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

/** The regression specs of a folder, sorted. */
export async function regressionSpecs(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (entry.name.endsWith(".yaml")) found.push(join(folder, entry.name));
  }
  return found.sort();
}

/** What moved, one line a metric. */
export function movedTable(specPath: string, moved: readonly Moved[]): string {
  const show = (v?: number) => v === undefined ? "-" : v.toPrecision(4);
  const lines = moved.map((m) =>
    `  ${m.metric.padEnd(40)} expected ${show(m.expected).padStart(9)} ± ${show(m.tolerance).padEnd(8)} got ${
      show(m.actual)
    }`
  );
  return [`${specPath}: ${moved.length === 0 ? "as expected" : `${moved.length} metrics moved`}`, ...lines]
    .join("\n");
}
