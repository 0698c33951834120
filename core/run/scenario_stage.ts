import type { Scenario, Spec } from "../contracts/spec.ts";
import type { Observation, Problem } from "../inference/simulate.ts";
import { isImage } from "../inference/standardize.ts";
import { bonferroni, type Calibration } from "../metrics/mod.ts";
import { fold, type Key } from "../random.ts";
import { slugOf } from "../spec/mod.ts";
import { calibrationStage } from "./calibration_stage.ts";
import type { Detection } from "./detection.ts";
import { canonicalJson } from "./files.ts";
import { scenarioJudge } from "./judge.ts";
import {
  type LearnedMethods,
  learnedMethods,
  type LearnedOutcome,
  learnedSamplers,
} from "./learned_methods.ts";
import { recordAcquisition, recordMethod, recordObservation } from "./observation_record.ts";
import { observationsOf } from "./observations.ts";
import type { PolicyOutcome } from "./policy.ts";
import { referenceEstimate, scenarioReference } from "./reference.ts";
import { meanPoints, methodSolves, pointOf, TRADEOFF_METRICS, type TradeoffPoint } from "./tradeoff.ts";
import type { RunContext } from "./training_stage.ts";

/** What one method says of one observation: a point estimate, or samples too. */
export interface Estimate {
  readonly method: string;
  readonly mean: Float32Array;
  readonly std?: Float32Array;
  /** Flat [n, size]. */
  readonly samples?: Float32Array;
  /** Misfit at the start and after every iteration of an iterative method. */
  readonly misfits?: readonly number[];
  /** What the method says of its own convergence; joins the metrics. */
  readonly diagnostics?: Readonly<Record<string, number>>;
}

/** Metric values of each method, one entry per observation. */
export type MethodValues = Record<string, Record<string, number>[]>;

export interface ScenarioOutcome {
  readonly name: string;
  readonly slug: string;
  readonly values: MethodValues;
  /** One entry per observation: how unlike the training data it is, and which posterior the policy takes. */
  readonly detections?: readonly Detection[];
  readonly decisions?: readonly PolicyOutcome[];
  /** By method. */
  readonly calibration?: Readonly<Record<string, Calibration>>;
  /** p-values of tests of the whole scenario, by the test and by what it tests. */
  readonly pValues?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Means over the observations. */
  readonly tradeoff?: readonly TradeoffPoint[];
  /** Of one correction. */
  readonly cost?: { readonly solves: number; readonly passes: number; readonly seconds: number };
}

/** A classical method that the report sets beside the flow: gives an estimate for an observation. */
export type Baseline = (problem: Problem, observation: Observation, key: Key) => Promise<Estimate>;

export interface ScenarioMethods {
  readonly learned?: LearnedMethods;
  readonly baselines: readonly Baseline[];
}

/** Judges every method on fresh observations of one scenario, and records what the report shows. */
export async function scenarioStage(
  spec: Spec,
  { scenario, problem, methods, context }: {
    scenario: Scenario;
    problem: Problem;
    methods: ScenarioMethods;
    context: RunContext;
  },
): Promise<ScenarioOutcome> {
  const n = spec.evaluation.observations, slug = slugOf(scenario.name), { recorder } = context;
  const key = fold(fold(context.key, "scenario"), scenario.name);
  const files = scenario === spec.scenarios[0] ? spec.evaluation.files : undefined;
  const observations = await observationsOf(problem, { n, key, files, folder: context.specFolder });
  await recordAcquisition(recorder, slug, problem.survey);
  const referenceOf = await scenarioReference(problem, context);
  const evaluate = await scenarioJudge(problem, { settings: spec.evaluation, key: fold(key, "judge") });
  const glance = await scenarioJudge(problem, {
    settings: { ...spec.evaluation, metrics: TRADEOFF_METRICS },
    key: fold(key, "judge"),
  });
  const changed = (["operator", "noise"] as const).filter((part) =>
    canonicalJson(scenario[part]) !== canonicalJson(spec[part])
  );
  const values: MethodValues = {}, learned: LearnedOutcome[] = [], points: TradeoffPoint[] = [];
  const priced = methodSolves(spec, { registry: context.registry, sources: problem.survey.sources });
  for (const [i, observation] of observations.entries()) {
    const place = `${slug}/${i}`, own = fold(key, i), { samples } = spec.evaluation;
    const about = { scenario: scenario.name, observation: i };
    const reference = await referenceOf(observation, { key: fold(own, "reference"), n: samples, place });
    await recordObservation(recorder, place, { observation, problem });
    const judge = async (estimate: Estimate) => {
      const row = await evaluate(estimate, observation, { reference, key: fold(own, "judge") });
      (values[estimate.method] ??= []).push(row);
      recorder.event({ stage: "evaluate", ...about, method: estimate.method, ...row });
      const predicts = estimate.method === (methods.learned ? "corrected" : spec.evaluation.baselines.at(-1));
      await recordMethod(recorder, place, { estimate, observation, survey: problem.survey, predicts });
    };
    if (isImage(problem.summary.space)) {
      await judge({ method: "migration", mean: scaledMigration(observation) });
    }
    for (const baseline of methods.baselines) await judge(await baseline(problem, observation, own));
    if (reference) await judge(referenceEstimate(reference));
    if (methods.learned) {
      const task = { spec, problem, observation, learned: methods.learned, key: own, signal: context.signal };
      const progress = (event: object) => recorder.event({ stage: "correct", ...about, ...event });
      const snapshot = async (estimate: Estimate, at: { pass: number; solves: number }) => {
        const row = await glance(estimate, observation, { reference, key: fold(own, "judge") });
        const solves = priced.amortized + at.solves;
        points.push(pointOf(row, { method: estimate.method, pass: at.pass, solves }));
      };
      const outcome = await learnedMethods(task, { changed, judge, snapshot, progress });
      const { solves, refinement = 0, policy } = outcome;
      const fitted = { corrected: solves, refined: solves + refinement, policy: policy?.solves ?? 0 };
      for (const [method, more] of Object.entries(fitted)) priced[method] = priced.amortized + more;
      recorder.event({ stage: "detect", ...about, ...outcome.detection });
      if (outcome.policy) {
        (values.policy ??= []).push(values[outcome.policy.method].at(-1)!);
        recorder.event({ stage: "policy", ...about, ...outcome.policy });
      }
      learned.push(outcome);
    }
    for (const [method, rows] of Object.entries(values)) {
      if (method in priced) points.push(pointOf(rows.at(-1)!, { method, solves: priced[method] }));
    }
    context.progress.update(scenario.name, { done: i + 1, total: n, detail: progressText(values) });
  }
  const calibration = await calibrated(spec, { problem, slug, methods, context, key });
  const tradeoff = spec.evaluation.tradeoff ? meanPoints(points) : undefined;
  return { name: scenario.name, slug, values, tradeoff, ...learnedOutcome(spec, { learned, calibration }) };
}

/** Calibration of the learned posteriors, where the spec wants it. */
async function calibrated(
  spec: Spec,
  { problem, slug, methods: { learned }, context, key }: {
    problem: Problem;
    slug: string;
    methods: ScenarioMethods;
    context: RunContext;
    key: Key;
  },
): Promise<Record<string, Calibration> | undefined> {
  const { calibration } = spec.evaluation, { recorder, progress, signal } = context;
  if (!calibration || !learned?.estimator) return;
  const samplers = learnedSamplers({ spec, problem, learned, signal, corrected: calibration.corrected });
  return await calibrationStage(calibration, {
    problem,
    samplers,
    estimator: learned.estimator,
    slug,
    key: fold(key, "calibration"),
    recorder,
    progress,
  });
}

/** What a scenario's learned posteriors took, and the p-values of the tests that need no truth, or many. */
function learnedOutcome(
  { correction }: Spec,
  { learned, calibration }: { learned: readonly LearnedOutcome[]; calibration?: Record<string, Calibration> },
): Partial<ScenarioOutcome> {
  if (learned.length === 0) return {};
  const mean = (of: (outcome: LearnedOutcome) => number) =>
    learned.reduce((sum, outcome) => sum + of(outcome), 0) / learned.length;
  const detections = learned.map(({ detection }) => detection);
  const joint = (name: keyof Detection) => {
    const found = detections.flatMap((detection) => detection[name] ?? []);
    return found.length > 0 ? [[name, bonferroni(found)] as const] : [];
  };
  const calibrated = Object.entries(calibration ?? {}).map(([method, { pValue }]) =>
    [method, pValue] as const
  );
  return {
    cost: { solves: mean((o) => o.solves), passes: correction.passes, seconds: mean((o) => o.seconds) },
    detections,
    decisions: learned.flatMap(({ policy }) => policy ?? []),
    calibration,
    pValues: {
      detection: Object.fromEntries((["summary", "residual", "joint"] as const).flatMap(joint)),
      calibration: Object.fromEntries(calibrated),
    },
  };
}

/** Migration has no amplitude of its own: it is scaled to fit the truth best, so that its SNR judges shape alone. */
function scaledMigration({ summary, truth }: Observation): Float32Array {
  let along = 0, norm = 0;
  summary.forEach((v, i) => {
    along += v * truth[i];
    norm += v * v;
  });
  return summary.map((v) => norm > 0 ? v * along / norm : 0);
}

/** The SNR of the methods judged last, from the first to the last of them. */
function progressText(values: MethodValues): string {
  const mean = (rows: Record<string, number>[]) =>
    rows.reduce((sum, r) => sum + (r.snr ?? NaN), 0) / rows.length;
  const { amortized, corrected, migration, ...baselines } = values;
  const shown = amortized ? [amortized, corrected] : [migration, ...Object.values(baselines)].filter(Boolean);
  return `SNR ${shown.map((rows) => mean(rows).toFixed(1)).join(" -> ")} dB`;
}
