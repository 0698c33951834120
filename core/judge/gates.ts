import type { GateOutcome } from "../contracts/summary.ts";
import { bonferroni, studentTail, summarise } from "../metrics/mod.ts";
import { GATE_LIMIT, GATE_NAME } from "../spec/mod.ts";
import type { ScenarioOutcome } from "./outcome.ts";

/**
 * Significance level of a gate. A gate fails if a one-sided test at this level shows that its value misses the limit.
 */
const GATE_LEVEL = 0.05;

/**
 * Judges `"[scenario/]method.metric[_gain]": ">= 1 dB"`. The value is the mean of the metric over observations,
 * averaged over all scenarios unless one is named. `_gain` is the value of the method minus that of the amortized
 * posterior, paired by observation. A value on the right side of its limit passes. A value on the wrong side fails if
 * Student's t test rejects the limit at {@link GATE_LEVEL}; so a true value exactly at the limit fails one run in
 * twenty. A single observation has no standard error, and neither have p-values (`calibration.amortized`, combined
 * over scenarios by Bonferroni); their values are compared with the limit directly. If an observation lacks the
 * metric, the gate fails and gives the reason, because the limit cannot be verified.
 */
export function judgeGates(
  gates: Readonly<Record<string, string>>,
  scenarios: readonly ScenarioOutcome[],
): GateOutcome[] {
  return Object.entries(gates).map(([name, limit]) => {
    const [, slug, method, metric, gain] = GATE_NAME.exec(name)!;
    const chosen = scenarios.filter((s) => slug === undefined || s.slug === slug);
    const [, comparison, text] = GATE_LIMIT.exec(limit)!, bound = Number(text);
    const reason = absenceOf(chosen, { method, metric, gain: gain !== undefined });
    if (reason !== undefined) return { name, limit, value: null, reason, passed: false };
    const pValues = chosen.flatMap(({ pValues }) => pValues?.[method]?.[metric] ?? []);
    if (pValues.length > 0) {
      const value = bonferroni(pValues);
      return { name, limit, value, passed: compare(value, comparison, bound) };
    }
    const mean = meanOver(chosen.map((s) => observed(s, { method, metric, gain: gain !== undefined })));
    const passed = compare(mean.value, comparison, bound);
    if (!(mean.standardError > 0)) return { name, limit, value: mean.value, passed };
    const { value, standardError, degreesOfFreedom } = mean;
    const z = (comparison[0] === ">" ? value - bound : bound - value) / standardError;
    const pValue = studentTail(-z, degreesOfFreedom);
    return { name, limit, value, standardError, z, pValue, passed: passed || pValue > GATE_LEVEL };
  });
}

/** Why a gate has no value: one or all observations lack its metric. */
function absenceOf(
  scenarios: readonly ScenarioOutcome[],
  { method, metric, gain }: { method: string; metric: string; gain: boolean },
): string | undefined {
  const rows = scenarios.flatMap(({ absent }) =>
    [method, ...gain ? ["amortized"] : []].flatMap((m) => absent?.[m] ?? [])
  );
  const [reason] = rows.flatMap((row) => row[metric] ?? []);
  if (reason !== undefined) return reason;
  const found = scenarios.length > 0 &&
    scenarios.every(({ values, pValues }) =>
      pValues?.[method]?.[metric] !== undefined || values[method]?.some((row) => row[metric] !== undefined)
    );
  return found ? undefined : `The run has no ${method}.${metric}`;
}

/** The values of a metric in a scenario, one per observation. Empty if the method was not judged. */
function observed(
  { values }: ScenarioOutcome,
  { method, metric, gain }: { method: string; metric: string; gain: boolean },
): number[] {
  const rows = values[method] ?? [];
  return rows.map((row, i) => gain ? row[metric] - values.amortized[i][metric] : row[metric]);
}

/**
 * The mean of the scenario means, with its standard error. The scenarios are independent. The degrees of freedom are
 * those of Welch and Satterthwaite (Welch 1947, Biometrika 34, 28-35).
 */
function meanOver(
  scenarios: readonly (readonly number[])[],
): { value: number; standardError: number; degreesOfFreedom: number } {
  const found = scenarios.map(summarise), k = scenarios.length;
  const variances = found.map(({ standardError }) => (standardError / k) ** 2);
  const variance = variances.reduce((a, b) => a + b, 0);
  const fourth = variances.reduce((sum, v, i) => sum + v * v / (scenarios[i].length - 1), 0);
  return {
    value: found.reduce((sum, { mean }) => sum + mean, 0) / k,
    standardError: Math.sqrt(variance),
    degreesOfFreedom: variance ** 2 / fourth,
  };
}

function compare(value: number, comparison: string, bound: number): boolean {
  if (comparison === ">=") return value >= bound;
  if (comparison === "<=") return value <= bound;
  return comparison === ">" ? value > bound : value < bound;
}
