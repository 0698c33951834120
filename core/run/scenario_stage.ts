import type { Correction, Optimizer } from "../contracts/flow.ts";
import type { EvaluationSpec, Scenario, Spec } from "../contracts/spec.ts";
import { dispose } from "../engine/mod.ts";
import { correctLatent } from "../inference/correct.ts";
import { type AmortizedPosterior, drawPosterior } from "../inference/draw.ts";
import { dataResidual, meanAndStd } from "../inference/evaluate.ts";
import { type Observation, type Problem, simulateObservations } from "../inference/simulate.ts";
import { isImage } from "../inference/standardize.ts";
import { sizeOf } from "../linalg/mod.ts";
import { againstReference, metrics, type ReferenceMoments } from "../metrics/mod.ts";
import { fold, type Key } from "../random.ts";
import { slugOf } from "../spec/mod.ts";
import { recordAcquisition, recordMethod, recordObservation } from "./observation_record.ts";
import { referenceEstimate, scenarioReference } from "./reference.ts";
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
  /** Of one correction. */
  readonly cost?: { readonly solves: number; readonly passes: number; readonly seconds: number };
}

/** A classical method that the report sets beside the flow: gives an estimate for an observation. */
export type Baseline = (problem: Problem, observation: Observation, key: Key) => Promise<Estimate>;

/** The amortized posterior and what corrects it. */
export interface LearnedMethods {
  readonly posterior: AmortizedPosterior;
  readonly correction: Correction;
  readonly corrector: Optimizer;
}

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
  const n = spec.evaluation.observations, slug = slugOf(scenario.name);
  const key = fold(fold(context.key, "scenario"), scenario.name);
  const observations = await simulateObservations(problem, { key, n });
  await recordAcquisition(context.recorder, slug, problem.survey);
  const referenceOf = await scenarioReference(problem, context);
  const values: MethodValues = {};
  let solves = 0, seconds = 0;
  for (const [i, observation] of observations.entries()) {
    const place = `${slug}/${i}`, own = fold(key, i), samples = spec.evaluation.samples;
    const reference = await referenceOf(observation, { key: fold(own, "reference"), n: samples, place });
    await recordObservation(context.recorder, place, { observation, problem });
    const judge = async (estimate: Estimate) => {
      const row = await evaluate(estimate, { problem, observation, reference, settings: spec.evaluation });
      (values[estimate.method] ??= []).push(row);
      context.recorder.event({
        stage: "evaluate",
        scenario: scenario.name,
        observation: i,
        method: estimate.method,
        ...row,
      });
      const predicts = estimate.method === (methods.learned ? "corrected" : spec.evaluation.baselines.at(-1));
      await recordMethod(context.recorder, place, {
        estimate,
        observation,
        survey: problem.survey,
        predicts,
      });
    };
    if (isImage(problem.summary.space)) {
      await judge({ method: "migration", mean: scaledMigration(observation) });
    }
    for (const baseline of methods.baselines) await judge(await baseline(problem, observation, own));
    if (reference) await judge(referenceEstimate(reference));
    if (methods.learned) {
      const { learned } = methods, draws = { key: fold(own, "draw"), n: samples };
      const amortized = await drawPosterior(learned.posterior, observation.summary, draws);
      await judge(withMoments("amortized", amortized, problem));
      const cost = await corrected(spec, {
        scenario,
        index: i,
        problem,
        observation,
        learned,
        context,
        key: own,
        judge,
      });
      solves += cost.solves;
      seconds += cost.seconds;
    }
    context.progress.update(scenario.name, { done: i + 1, total: n, detail: progressText(values) });
  }
  return {
    name: scenario.name,
    slug,
    values,
    cost: methods.learned && { solves: solves / n, passes: spec.correction.passes, seconds: seconds / n },
  };
}

async function corrected(
  spec: Spec,
  { scenario, index, problem, observation, learned, context, key, judge }: {
    scenario: Scenario;
    index: number;
    problem: Problem;
    observation: Observation;
    learned: LearnedMethods;
    context: RunContext;
    key: Key;
    judge: (estimate: Estimate) => Promise<void>;
  },
): Promise<{ solves: number; seconds: number }> {
  const { posterior, correction, corrector } = learned;
  const { survey, noise } = problem;
  const before = survey.solves.count, started = performance.now();
  const fitted = await correctLatent({ posterior, survey, noise, observation }, {
    correction,
    optimizer: corrector,
    settings: spec.correction,
    key: fold(key, "correct"),
    signal: context.signal,
    progress: (event) =>
      context.recorder.event({
        stage: "correct",
        scenario: scenario.name,
        observation: index,
        ...event,
        solves: survey.solves.count - before,
      }),
  });
  const cost = { solves: survey.solves.count - before, seconds: (performance.now() - started) / 1000 };
  const draws = { key: fold(key, "draw"), n: spec.evaluation.samples, corrected: fitted };
  await judge(withMoments("corrected", await drawPosterior(posterior, observation.summary, draws), problem));
  dispose(fitted.params);
  return cost;
}

function withMoments(method: string, samples: Float32Array, { survey }: Problem): Estimate {
  return { method, samples, ...meanAndStd(samples, sizeOf(survey.domain)) };
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

async function evaluate(
  { method, mean, std, samples, diagnostics }: Estimate,
  { problem, observation, reference, settings }: {
    problem: Problem;
    observation: Observation;
    reference?: ReferenceMoments;
    settings: EvaluationSpec;
  },
): Promise<Record<string, number>> {
  const { survey, noise } = problem;
  const residual = await dataResidual(mean, { survey, noise, data: observation.data });
  const input = {
    truth: observation.truth,
    mean,
    std,
    samples,
    shape: survey.domain.shape,
    mask: survey.mask,
    dataResidual: residual,
    reference: method === "reference" ? undefined : reference,
  };
  const judged = settings.metrics.map((name) => metrics[name].evaluate(input));
  return Object.assign({}, ...judged, againstReference(input), diagnostics);
}

/** The SNR of the methods judged last, from the first to the last of them. */
function progressText(values: MethodValues): string {
  const mean = (rows: Record<string, number>[]) =>
    rows.reduce((sum, r) => sum + (r.snr ?? NaN), 0) / rows.length;
  const { amortized, corrected, migration, ...baselines } = values;
  const shown = amortized ? [amortized, corrected] : [migration, ...Object.values(baselines)].filter(Boolean);
  return `SNR ${shown.map((rows) => mean(rows).toFixed(1)).join(" -> ")} dB`;
}
