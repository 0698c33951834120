/** As much of a `summary.json` as a sweep reads: methods of scenarios, each with its metrics. */
export interface RunSummary {
  readonly seconds: number;
  readonly specHash: string;
  readonly scenarios: readonly { readonly slug: string; readonly [method: string]: unknown }[];
}

type Numbers = Record<string, number>;

/** Sections of a scenario that hold no metrics of a method. */
const OTHER = ["errors", "absent", "detection", "decisions", "calibration", "baselines"];

/** `method.metric` in the mean over scenarios, and `scenario/method.metric` of each. */
export function flatMetrics({ scenarios }: RunSummary): { means: Numbers; each: Numbers } {
  const each: Numbers = {}, sums: Record<string, number[]> = {};
  for (const { slug, ...scenario } of scenarios) {
    for (const [method, values] of methodsOf(scenario)) {
      for (const [metric, value] of Object.entries(values)) {
        if (typeof value !== "number") continue;
        each[`${slug}/${method}.${metric}`] = value;
        (sums[`${method}.${metric}`] ??= []).push(value);
      }
    }
  }
  const means = Object.entries(sums).map(([name, values]) =>
    [name, values.reduce((sum, v) => sum + v, 0) / values.length] as const
  );
  return { means: Object.fromEntries(means), each };
}

function methodsOf(scenario: Readonly<Record<string, unknown>>): [string, object][] {
  const own = Object.entries(scenario).filter(([name]) => !OTHER.includes(name));
  const all = [...own, ...Object.entries(scenario.baselines ?? {})];
  return all.filter((entry): entry is [string, object] => typeof entry[1] === "object" && entry[1] !== null);
}
