import type { Correction, Optimizer } from "../contracts/flow.ts";
import type { Spec } from "../contracts/spec.ts";
import { dispose } from "../engine/mod.ts";
import { type CorrectionEvent, fitCorrection } from "../inference/correct.ts";
import { type AmortizedPosterior, drawPosterior, type FittedCorrection } from "../inference/draw.ts";
import { meanAndStd } from "../inference/evaluate.ts";
import type { PointEstimator } from "../inference/linear_estimator.ts";
import type { Observation, Problem } from "../inference/simulate.ts";
import { sizeOf } from "../linalg/mod.ts";
import { fold, type Key } from "../random.ts";
import type { Sampler } from "./calibration_stage.ts";
import { detect, type Detection, type Detectors } from "./detection.ts";
import { applyPolicy, type PolicyOutcome, weightsOf } from "./policy.ts";
import { refine } from "./refinement_stage.ts";
import type { Estimate } from "./scenario_stage.ts";
import { judgedPasses } from "./tradeoff.ts";

/** The amortized posterior, what corrects it, and what says whether it may be trusted. */
export interface LearnedMethods {
  readonly posterior: AmortizedPosterior;
  readonly correction: Correction;
  readonly corrector: Optimizer;
  /** Sources of the survey that the flow was trained on: steps of a pass of the correction. */
  readonly stepsPerPass: number;
  readonly detectors: Detectors;
  /** Reference points of calibration, where the spec wants one. */
  readonly estimator?: PointEstimator;
}

/** What an observation's learned posteriors took, and what was found out about them without the truth. */
export interface LearnedOutcome {
  readonly detection: Detection;
  readonly policy?: PolicyOutcome;
  /** Of the correction, and of the refinement where there is one. */
  readonly solves: number;
  readonly refinement?: number;
  readonly seconds: number;
}

interface Task {
  readonly spec: Spec;
  readonly problem: Problem;
  readonly observation: Observation;
  readonly learned: LearnedMethods;
  readonly key: Key;
  readonly signal?: AbortSignal;
}

/** Amortized, corrected and refined posterior of one observation, each judged, and the policy's choice among them. */
export async function learnedMethods(
  task: Task,
  { changed, judge, snapshot, progress }: {
    /** Declared parts of the problem that are not those of training. */
    changed: readonly string[];
    judge: (estimate: Estimate) => Promise<void>;
    /** Is shown the correction after some of its passes, where the spec wants that. */
    snapshot: (estimate: Estimate, at: { pass: number; solves: number }) => Promise<void>;
    progress: (event: CorrectionEvent & { solves: number }) => void;
  },
): Promise<LearnedOutcome> {
  const { spec, problem, observation, learned, key, signal } = task, { posterior } = learned;
  const { solves: counter } = problem.survey, n = spec.evaluation.samples;
  const draws = { key: fold(key, "draw"), n };
  const amortized = await drawPosterior(posterior, observation.summary, draws);
  await judge(withMoments("amortized", amortized, problem));
  const detection = await detect(learned.detectors, { problem, observation, samples: amortized });
  const before = counter.count, started = performance.now();
  const charged = (event: CorrectionEvent) => progress({ ...event, solves: counter.count - before });
  const passes = spec.evaluation.tradeoff ? judgedPasses(spec.correction.passes) : [];
  const snapshots: { pass: number; solves: number; samples: Float32Array }[] = [];
  const fitted = await fit(task, charged, async (corrected, pass) => {
    if (!passes.includes(pass)) return;
    const samples = await drawPosterior(posterior, observation.summary, { ...draws, corrected });
    snapshots.push({ pass, solves: counter.count - before, samples });
  });
  const cost = { solves: counter.count - before, seconds: (performance.now() - started) / 1000 };
  const samples = await drawPosterior(posterior, observation.summary, { ...draws, corrected: fitted });
  await judge(withMoments("corrected", samples, problem));
  for (const { samples, ...at } of snapshots) await snapshot(withMoments("corrected", samples, problem), at);
  const refined = counter.count;
  if (spec.refinement) {
    const options = { posterior, corrected: fitted, problem, observation, samples: n };
    await judge(await refine(spec.refinement, { ...options, key: fold(key, "refine"), signal }));
  }
  const refinement = spec.refinement && counter.count - refined;
  const policy = spec.policy && applyPolicy(spec.policy, {
    evidence: {
      shift: detection.joint,
      changed,
      corrected: await correctedEvidence(task, { fitted, samples }),
    },
    costs: { correction: cost.solves, refinement },
  });
  release(fitted);
  return { ...cost, refinement, detection, policy };
}

/** Samples of the amortized and, where wanted, of the corrected posterior, for their calibration. */
export function learnedSamplers(
  { corrected, ...task }: Omit<Task, "observation" | "key"> & { corrected: boolean },
): Record<string, Sampler> {
  const { posterior } = task.learned;
  const amortized: Sampler = ({ summary }, { key, n }) => drawPosterior(posterior, summary, { key, n });
  if (!corrected) return { amortized };
  return {
    amortized,
    corrected: async (observation, { key, n }) => {
      const truth = new Float32Array(0); // a correction is not told
      const fitted = await fit({ ...task, observation: { ...observation, truth }, key });
      const options = { key: fold(key, "draw"), n, corrected: fitted };
      const samples = await drawPosterior(posterior, observation.summary, options);
      release(fitted);
      return samples;
    },
  };
}

async function fit(
  { spec, problem: { survey, noise, prior, summary }, observation, learned, key, signal }: Task,
  progress?: (event: CorrectionEvent) => void,
  onPass?: (fitted: FittedCorrection, pass: number) => Promise<void>,
): Promise<FittedCorrection> {
  const { posterior, correction, corrector: optimizer, stepsPerPass } = learned;
  return await fitCorrection({ posterior, survey, noise, prior, summary, observation }, {
    correction,
    optimizer,
    settings: spec.correction,
    stepsPerPass,
    key: fold(key, "correct"),
    signal,
    progress,
    onPass,
  });
}

/** Frees what a fit holds. */
function release({ params, weights = {} }: FittedCorrection): void {
  dispose(params);
  dispose(weights);
}

/** What speaks for or against a corrected posterior without the truth. */
async function correctedEvidence(
  { problem, observation, learned, key }: Task,
  { fitted, samples }: { fitted: FittedCorrection; samples: Float32Array },
) {
  const { posterior, detectors } = learned;
  const residual = await detectors.residual?.(problem, { observation, samples });
  const weighed = { posterior, problem, observation, key: fold(key, "weigh") };
  return { residual, ...await weightsOf(fitted, weighed) };
}

function withMoments(method: string, samples: Float32Array, { survey }: Problem): Estimate {
  return { method, samples, ...meanAndStd(samples, sizeOf(survey.domain)) };
}
