import type { Spec } from "../contracts/spec.ts";
import type { Absences, MethodValues, ScenarioOutcome } from "../judge/outcome.ts";
import { summarise } from "../metrics/mod.ts";
import type { GateOutcome } from "../judge/gates.ts";
import type { Geometry } from "../problem/geometry.ts";
import type { Absence } from "../report/summary.ts";

export interface Stage {
  readonly name: string;
  readonly seconds: number;
  readonly solves: number;
  readonly cached: boolean;
}

/** Metric means over the observations that have them, by name. */
type Means = Record<string, number>;

/** `summary.json`: the machine-readable outcome of a run, of the same form for every problem. */
export function summaryOf(spec: Spec, run: {
  hash: string;
  engine: string;
  seconds: number;
  survey: Geometry;
  stages: readonly Stage[];
  outcomes: readonly ScenarioOutcome[];
  gates: readonly GateOutcome[];
}) {
  const { survey } = run;
  return {
    name: spec.name,
    specHash: run.hash,
    engine: run.engine,
    seconds: run.seconds,
    problem: {
      kind: survey.domain.kind,
      shape: survey.domain.shape,
      spacing: survey.spacing,
      unit: survey.unit,
    },
    stages: run.stages,
    scenarios: run.outcomes.map((outcome) => scenarioSummary(spec, outcome)),
    gates: run.gates,
  };
}

function scenarioSummary(
  spec: Spec,
  { name, slug, values, absent, cost, tradeoff, pValues, detections, decisions, calibration }:
    ScenarioOutcome,
) {
  const means: Record<string, Means> = {}, errors: Record<string, Means> = {};
  for (const [method, rows] of Object.entries(values)) {
    const found = namesOf(rows).map((metric) =>
      [metric, summarise(rows.flatMap((row) => row[metric] ?? []))] as const
    );
    means[method] = Object.fromEntries(found.map(([metric, { mean }]) => [metric, mean]));
    errors[method] = finite(found.map(([metric, { standardError }]) => [metric, standardError]));
  }
  if (values.corrected) errors.gain = pairedErrors(values.amortized, values.corrected);
  const {
    reference: _r,
    migration: _m,
    amortized: _a,
    corrected: _c,
    refined: _f,
    policy: _p,
    ...baselines
  } = means;
  const whereJudged = (method: string): Means | undefined => means[method];
  return {
    name,
    slug,
    observations: spec.evaluation.observations,
    reference: whereJudged("reference"),
    baselines,
    migration: whereJudged("migration"),
    amortized: whereJudged("amortized"),
    corrected: whereJudged("corrected"),
    refined: whereJudged("refined"),
    policy: whereJudged("policy"),
    errors,
    absent: absent && absencesOf(absent),
    detection: detections && { ...pValues?.detection, observations: detections },
    decisions: decisions?.length ? decisions : undefined,
    calibration: calibration && withoutRanks(calibration),
    tradeoff,
    cost,
  };
}

/** Ranks are arrays of the run folder. */
function withoutRanks(calibration: NonNullable<ScenarioOutcome["calibration"]>) {
  return Object.fromEntries(
    Object.entries(calibration).map(([method, { ranks: _, ...rest }]) => [method, rest]),
  );
}

/** Standard errors of corrected less amortized, observation by observation: what both share cancels. */
function pairedErrors(amortized: MethodValues[string], corrected: MethodValues[string]): Means {
  return finite(
    namesOf(corrected).map((metric) => {
      const gains = corrected.map((row, i) => row[metric] - amortized[i][metric]);
      return [metric, summarise(gains.filter(Number.isFinite)).standardError];
    }),
  );
}

/** Every metric that some observation has. */
function namesOf(rows: MethodValues[string]): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))];
}

/** One observation has no standard error. */
function finite(entries: readonly (readonly [string, number])[]): Means {
  return Object.fromEntries(entries.filter(([, value]) => Number.isFinite(value)));
}

/** Metrics that observations lack, by method: of how many, and why; means are over the others. */
function absencesOf(absent: Absences): Record<string, Record<string, Absence>> | undefined {
  const methods = Object.entries(absent).map(([method, rows]) => {
    const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const lacking = names.map((metric): [string, Absence] => {
      const reasons = rows.flatMap((row) => row[metric] ?? []);
      return [
        metric,
        Object.fromEntries([...Map.groupBy(reasons, (r) => r)].map(([r, all]) => [r, all.length])),
      ];
    });
    return [method, Object.fromEntries(lacking)] as const;
  });
  const some = methods.filter(([, lacking]) => Object.keys(lacking).length > 0);
  return some.length > 0 ? Object.fromEntries(some) : undefined;
}
