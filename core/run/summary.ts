import type { Spec } from "../contracts/spec.ts";
import { isImage } from "../inference/standardize.ts";
import { summarise } from "../metrics/mod.ts";
import type { GateOutcome } from "./gates.ts";
import type { Geometry } from "./geometry.ts";
import type { MethodValues, ScenarioOutcome } from "./scenario_stage.ts";

export interface Stage {
  readonly name: string;
  readonly seconds: number;
  readonly solves: number;
  readonly cached: boolean;
}

/** Metric means over observations, by name. */
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
      kind: isImage(survey.domain) ? "image" : "vector",
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
  { name, slug, values, cost, tradeoff, pValues, detections, decisions, calibration }: ScenarioOutcome,
) {
  const means: Record<string, Means> = {}, errors: Record<string, Means> = {};
  for (const [method, rows] of Object.entries(values)) {
    means[method] = {};
    errors[method] = {};
    for (const metric of Object.keys(rows[0])) {
      const { mean, standardError } = summarise(rows.map((row) => row[metric]));
      means[method][metric] = mean;
      errors[method][metric] = standardError;
    }
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
  return Object.fromEntries(
    Object.keys(corrected[0]).map((metric) => {
      const gains = corrected.map((row, i) => row[metric] - amortized[i][metric]);
      return [metric, summarise(gains).standardError];
    }),
  );
}
