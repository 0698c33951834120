import { bonferroni, studentTail, summarise } from "../metrics/mod.ts";
import { GATE_LIMIT, GATE_NAME } from "../spec/mod.ts";
import type { ScenarioOutcome } from "./outcome.ts";

/** A gate's value beside its limit, and how sure the outcome is. */
export interface GateOutcome {
  readonly name: string;
  readonly limit: string;
  /** Null where it is absent. */
  readonly value: number | null;
  /** Why it is absent. */
  readonly reason?: string;
  /** Of the value; of a gain that of paired differences. Absent for p-values and for one observation. */
  readonly standardError?: number;
  /** By how many standard errors the value is on the right side of the limit; negative where it misses it. */
  readonly z?: number;
  /** Of a value at least as far on the wrong side, where the true one is exactly at the limit. */
  readonly pValue?: number;
  readonly passed: boolean;
}

/** A gate fails where its value misses the limit at this level, one-sided. */
const GATE_LEVEL = 0.05;

/**
 * Judges `"[scenario/]method.metric[_gain]": ">= 1 dB"`: the metric's mean over observations, averaged over all
 * scenarios unless one is named; `_gain` is the method's value less the amortized one, observation by observation.
 * A value on the right side of its limit passes; one on the wrong side fails where Student's t test finds it there
 * at {@link GATE_LEVEL}, so that a true value exactly at the limit fails a run in twenty. Without a standard error,
 * of one observation or of p-values (`calibration.amortized`, joined over scenarios by Bonferroni), the comparison
 * is plain. Where an observation lacks the metric the gate fails with its reason: nothing says that the limit is kept.
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

/** Why a gate has no value: an observation, or all, that lack its metric. */
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

/** A metric of each observation of a scenario, none where the method was not judged. */
function observed(
  { values }: ScenarioOutcome,
  { method, metric, gain }: { method: string; metric: string; gain: boolean },
): number[] {
  const rows = values[method] ?? [];
  return rows.map((row, i) => gain ? row[metric] - values.amortized[i][metric] : row[metric]);
}

/**
 * Mean of the scenarios' means with its standard error, the scenarios independent, and its degrees of freedom by
 * Welch and Satterthwaite (Welch 1947, Biometrika 34, 28-35).
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
