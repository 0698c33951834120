import { GATE_LIMIT, GATE_NAME } from "../spec/mod.ts";
import type { ScenarioOutcome } from "./scenario_stage.ts";

export interface GateOutcome {
  readonly name: string;
  readonly value: number;
  readonly limit: string;
  readonly passed: boolean;
}

/**
 * Judges `"[scenario/]method.metric[_gain]": ">= 1 dB"`: the metric's mean over observations, averaged over all
 * scenarios unless one is named; `_gain` is the method's value less the amortized one. NaN never passes.
 */
export function judgeGates(
  gates: Readonly<Record<string, string>>,
  scenarios: readonly ScenarioOutcome[],
): GateOutcome[] {
  return Object.entries(gates).map(([name, limit]) => {
    const [, slug, method, metric, gain] = GATE_NAME.exec(name)!;
    const chosen = scenarios.filter((s) => slug === undefined || s.slug === slug);
    const value = mean(chosen.map((s) => {
      const of = (m: string) => mean((s.values[m] ?? []).map((row) => row[metric]));
      return gain ? of(method) - of("amortized") : of(method);
    }));
    const [, comparison, bound] = GATE_LIMIT.exec(limit)!;
    return { name, value, limit, passed: compare(value, comparison, Number(bound)) };
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function compare(value: number, comparison: string, bound: number): boolean {
  if (comparison === ">=") return value >= bound;
  if (comparison === "<=") return value <= bound;
  return comparison === ">" ? value > bound : value < bound;
}
