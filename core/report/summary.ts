import type { MetricValues, ScenarioSummary } from "../contracts/summary.ts";
import { labelOf } from "./looks.ts";

/** The gain of the correction in a metric, from means over the same observations. `null` if it cannot be computed. */
export function gainOf({ amortized, corrected, absent }: ScenarioSummary, metric: string): number | null {
  const from = amortized?.[metric], to = corrected?.[metric];
  if (absent?.amortized?.[metric] || absent?.corrected?.[metric]) return null;
  return typeof from === "number" && typeof to === "number" ? to - from : null;
}

/** One method's row of a scenario's table. */
export interface MethodRow {
  readonly method: string;
  readonly label: string;
  readonly values: MetricValues;
  readonly errors: MetricValues;
}

/** The methods that a scenario was judged by, the classical ones first. */
export function methodRows(scenario: ScenarioSummary): MethodRow[] {
  const { reference, migration, baselines, amortized, corrected, refined, policy, errors } = scenario;
  const all = Object.entries({ reference, migration, ...baselines, amortized, corrected, refined, policy });
  return all.flatMap(([method, values]) =>
    values && Object.keys(values).length > 0
      ? [{ method, label: labelOf(scenario.methods, method), values, errors: errors?.[method] ?? {} }]
      : []
  );
}
