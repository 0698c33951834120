import type { MethodLook } from "../contracts/method.ts";
import type { MetricOutput } from "../contracts/metric.ts";
import type { Spec } from "../contracts/spec.ts";
import type {
  Absence,
  GateOutcome,
  MetricValues,
  RunSummary,
  ScenarioSummary,
  StageSummary,
} from "../contracts/summary.ts";
import type { Absences, MethodValues, ScenarioOutcome } from "../judge/outcome.ts";
import { summarise } from "../metrics/mod.ts";
import type { Geometry } from "../problem/geometry.ts";

/** The outcome of a run, as `summary.json` holds it. */
export function summaryOf(spec: Spec, run: {
  hash: string;
  engine: string;
  seconds: number;
  survey: Geometry;
  stages: readonly StageSummary[];
  /** Every number that the run may give. */
  metrics: Readonly<Record<string, MetricOutput>>;
  outcomes: readonly ScenarioOutcome[];
  gates: readonly GateOutcome[];
  /** How methods are shown, in the order in which they are judged. */
  looks: Readonly<Record<string, MethodLook>>;
}): RunSummary {
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
    metrics: describedMetrics(run.outcomes, { metrics: run.metrics, unit: survey.unit }),
    scenarios: run.outcomes.map((outcome) => scenarioSummary(spec, { ...outcome, looks: run.looks })),
    gates: run.gates,
  };
}

/** What is said of the numbers that the run has or lacks, "unknown" replaced by the unit of the unknown. */
function describedMetrics(
  outcomes: readonly ScenarioOutcome[],
  { metrics, unit }: { metrics: Readonly<Record<string, MetricOutput>>; unit?: string },
): NonNullable<RunSummary["metrics"]> {
  const rows = outcomes.flatMap(({ values, absent = {} }) =>
    [...Object.values(values), ...Object.values(absent)].flat()
  );
  const named = new Set(rows.flatMap((row) => Object.keys(row)));
  return Object.fromEntries(
    Object.entries(metrics).filter(([name]) => named.has(name)).map(([name, output]) =>
      [name, output.unit === "unknown" ? { ...output, unit } : output] as const
    ),
  );
}

function scenarioSummary(
  spec: Spec,
  { name, slug, values, absent, cost, tradeoff, pValues, detections, decisions, calibration, looks }:
    & ScenarioOutcome
    & { looks: Readonly<Record<string, MethodLook>> },
): ScenarioSummary {
  const means: Record<string, MetricValues> = {}, errors: Record<string, MetricValues> = {};
  for (const [method, rows] of Object.entries(values)) {
    const statistics = namesOf(rows).map((metric) =>
      [metric, summarise(rows.flatMap((row) => row[metric] ?? []))] as const
    );
    means[method] = Object.fromEntries(statistics.map(([metric, { mean }]) => [metric, mean]));
    errors[method] = finite(statistics.map(([metric, { standardError }]) => [metric, standardError]));
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
  const whereJudged = (method: string): MetricValues | undefined => means[method];
  return {
    name,
    slug,
    observations: spec.evaluation.observations,
    methods: Object.fromEntries(Object.entries(looks).filter(([method]) => method in means)),
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
function pairedErrors(amortized: MethodValues[string], corrected: MethodValues[string]): MetricValues {
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
function finite(entries: readonly (readonly [string, number])[]): MetricValues {
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
