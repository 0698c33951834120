import type { RunSummary, ScenarioSummary } from "../contracts/summary.ts";
import { methodRows } from "../report/summary.ts";

type Numbers = Record<string, number>;

/** `method.metric` in the mean over scenarios, and `scenario/method.metric` of each. */
export function metricMeans({ scenarios }: Pick<RunSummary, "scenarios">): { means: Numbers; each: Numbers } {
  const each: Numbers = {}, sums: Record<string, number[]> = {};
  for (const scenario of scenarios) {
    for (const [name, value] of numbersOf(scenario)) {
      each[`${scenario.slug}/${name}`] = value;
      (sums[name] ??= []).push(value);
    }
  }
  const means = Object.entries(sums).map(([name, values]) =>
    [name, values.reduce((sum, v) => sum + v, 0) / values.length] as const
  );
  return { means: Object.fromEntries(means), each };
}

/** `method.metric` of every method, and `cost.solves`, `cost.passes`, `cost.seconds` of the correction. */
function numbersOf(scenario: ScenarioSummary): (readonly [name: string, value: number])[] {
  const methods = methodRows(scenario).map(({ method, values }) => [method, values] as const);
  return [...methods, ["cost", scenario.cost ?? {}] as const].flatMap(([method, values]) =>
    Object.entries(values).flatMap(([metric, value]) =>
      value === null ? [] : [[`${method}.${metric}`, value] as const]
    )
  );
}
