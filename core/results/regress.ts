import type { RunSummary } from "../contracts/summary.ts";
import { basename, join } from "node:path";
import { methodRows } from "../report/summary.ts";
import { didYouMean } from "../spec/mod.ts";
import { UsageError } from "../base/usage.ts";
import { writeAtomic } from "../base/files.ts";
import { alignedTable } from "../base/text_table.ts";

/** Committed expectation of one metric; null where it was no finite number. */
interface Expected {
  readonly value: number | null;
  readonly tolerance: number;
}

/** `scenario/method.metric` -> value; NaN if the run has no number. */
type FlatMetrics = Readonly<Record<string, number>>;

/** A metric that left its expected interval, appeared, or vanished. */
export interface Moved {
  readonly metric: string;
  readonly expected?: number | null;
  readonly tolerance?: number;
  /** NaN where it is no number. */
  readonly actual?: number;
  /** Distance from the expectation in tolerances; infinite where that is zero, absent where a side is missing. */
  readonly times?: number;
}

/** Every method's metrics and the solves of a correction, by `scenario/method.metric` and `scenario/cost.solves`. */
export function flatMetrics({ scenarios }: Pick<RunSummary, "scenarios">): FlatMetrics {
  const flat: Record<string, number> = {};
  for (const scenario of scenarios) {
    for (const { method, values } of methodRows(scenario)) {
      for (const [metric, value] of Object.entries(values)) {
        flat[`${scenario.slug}/${method}.${metric}`] = value ?? NaN;
      }
    }
    if (scenario.cost) flat[`${scenario.slug}/cost.solves`] = scenario.cost.solves;
  }
  return flat;
}

/** The metrics of a run that left their expected interval, appeared, or vanished, the furthest off first. */
export function movedMetrics(actual: FlatMetrics, expected: Readonly<Record<string, Expected>>): Moved[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
  const moved = names.flatMap((metric): Moved[] => {
    const want = expected[metric], is = actual[metric];
    if (want === undefined || is === undefined) {
      return [{ metric, expected: want?.value, tolerance: want?.tolerance, actual: is }];
    }
    if (want.value === null && !Number.isFinite(is)) return [];
    const off = Math.abs(is - (want.value ?? NaN));
    if (off <= want.tolerance) return [];
    return [{
      metric,
      expected: want.value,
      tolerance: want.tolerance,
      actual: is,
      times: off / want.tolerance,
    }];
  });
  const rank = ({ times }: Moved) => times === undefined || Number.isNaN(times) ? Infinity : times;
  return moved.sort((a, b) => rank(a) === rank(b) ? 0 : rank(b) - rank(a));
}

/** Room that rounding leaves, in units of what it was seen to move. */
const ROOM = 10;

/** A tolerance is at least this, relative to the value or to 1 where that is less: rounding alone moves last digits. */
const LEAST = 1e-4;

/** Metrics that count cells move in steps: what rounding moves of one, it may move of all. */
const familyOf = (name: string) => name.split(".").pop()!.replace(/^coverage.*/, "coverage");

/**
 * Expectations of a run, with tolerances from what rounding does: `rounded` are the metrics of the same spec with
 * the arithmetic of another engine. A metric's tolerance is {@link ROOM} times the largest difference among those of
 * its kind; solves are exact.
 */
export function expectationsOf(actual: FlatMetrics, rounded: FlatMetrics): Record<string, Expected> {
  const largest = new Map<string, number>();
  for (const [name, value] of Object.entries(actual)) {
    const moved = Math.abs(value - rounded[name]), family = familyOf(name);
    if (Number.isFinite(moved)) largest.set(family, Math.max(largest.get(family) ?? 0, moved));
  }
  return Object.fromEntries(
    Object.entries(actual).map(([name, value]) => {
      if (!Number.isFinite(value)) return [name, { value: null, tolerance: 0 }];
      const tolerance = name.endsWith("/cost.solves")
        ? 0
        : Math.max(ROOM * (largest.get(familyOf(name)) ?? 0), LEAST * Math.max(1, Math.abs(value)));
      return [name, { value: Number(value.toPrecision(6)), tolerance: Number(tolerance.toPrecision(2)) }];
    }),
  );
}

/** Reads the committed expectation of a spec. The error for a missing one says how to make it. */
export async function readExpected(specPath: string): Promise<Record<string, Expected>> {
  const path = expectedPath(specPath);
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UsageError(
      `${specPath} has no expectation yet: deno task regress ${nameOf(specPath)} --update writes ${path}`,
    );
  }
}

/** Rewrites a spec's expectation, one line a metric, so that a change of one is one line of a diff. */
export async function writeExpected(
  specPath: string,
  expected: Readonly<Record<string, Expected>>,
): Promise<void> {
  const lines = Object.entries(expected).map(([metric, { value, tolerance }]) =>
    `  ${JSON.stringify(metric)}: { "value": ${value}, "tolerance": ${tolerance} }`
  );
  await writeAtomic(expectedPath(specPath), `{\n${lines.join(",\n")}\n}\n`);
}

function expectedPath(specPath: string): string {
  return specPath.replace(/\.yaml$/, ".expected.json");
}

/** `tests/regression/born-small.yaml` -> `born-small`. */
export function nameOf(specPath: string): string {
  return basename(specPath, ".yaml");
}

/** The regression specs of a folder, all or the named ones, sorted. An unknown name is refused with the nearest. */
export async function regressionSpecs(folder: string, wanted: readonly string[] = []): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const specNames = entries.filter(({ name }) => name.endsWith(".yaml")).map(({ name }) => nameOf(name))
    .sort();
  for (const name of wanted) {
    if (specNames.includes(name)) continue;
    throw new UsageError(
      `There is no regression spec ${name}: ${folder} has ${specNames.join(", ")}${
        didYouMean(name, specNames)
      }`,
    );
  }
  return specNames.filter((name) => wanted.length === 0 || wanted.includes(name))
    .map((name) => join(folder, `${name}.yaml`));
}

/** What moved: spec, metric, expectation, tolerance, what came, and by how many tolerances it is off. */
export function movedTable(rows: readonly (Moved & { readonly spec: string })[]): string {
  const number = (value?: number | null) =>
    value === undefined ? "-" : value === null ? "NaN" : String(Number(value.toPrecision(6)));
  const times = ({ expected, actual, times }: Moved) => {
    if (expected === undefined) return "new";
    if (actual === undefined) return "gone";
    return times === undefined || Number.isNaN(times) ? "-" : times === Infinity ? "exact" : times.toFixed(1);
  };
  return alignedTable([
    ["spec", "metric", "expected", "tolerance", "got", "tolerances off"],
    ...rows.map((row) => [
      row.spec,
      row.metric,
      number(row.expected),
      number(row.tolerance),
      number(row.actual),
      times(row),
    ]),
  ]);
}
