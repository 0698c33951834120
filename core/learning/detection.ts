import type { LearningSpec } from "../contracts/spec.ts";
import { departurePValue, type SummaryDetector, summaryDetector, upperPValue } from "../inference/detect.ts";
import { type AmortizedPosterior, drawPosterior } from "../inference/draw.ts";
import { meanAndStd } from "../inference/evaluate.ts";
import { latentScore } from "../inference/latent_score.ts";
import { misfitsOf } from "../inference/predictive_misfits.ts";
import { type Observation, type Pairs, type Problem, simulateObservations } from "../inference/simulate.ts";
import { sizeOf } from "../base/shape.ts";
import { bonferroni, figuresOf, joined, mmd } from "../metrics/mod.ts";
import { fold, type Key } from "../base/random.ts";
import { RESIDUAL_SAMPLES } from "../plan/fixed_settings.ts";
import type { RunContext } from "../store/context.ts";

/**
 * p-values of the hypothesis that an observation is like the training data: one of each detector, and the joint one.
 */
export interface Detection {
  readonly summary?: number;
  readonly residual?: number;
  readonly latent?: number;
  readonly joint?: number;
  /** Why a detector has no p-value. */
  readonly absent?: Readonly<Record<string, string>>;
}

/** Statistics of new nominal observations, one entry each. */
interface Nominal {
  readonly residuals: Float64Array;
  /** Their latent scores, see `latentScore`. */
  readonly scores: readonly (readonly number[])[];
}

export interface Detectors {
  readonly summary: SummaryDetector;
  /** Tests the residual of the mean of the first posterior samples. Absent if no nominal residuals are simulated. */
  readonly residual?: (
    problem: Problem,
    estimate: { observation: Observation; samples: Float32Array },
  ) => Promise<number>;
  /** Tests the latent score. Absent if no nominal observations are simulated. */
  readonly latent?: (
    posterior: AmortizedPosterior,
    about: { problem: Problem; observation: Observation },
  ) => Promise<number>;
}

/** The input of the detectors in addition to the training pairs. */
interface NominalTask {
  readonly problem: Problem;
  readonly posterior: AmortizedPosterior;
  readonly context: Pick<RunContext, "key" | "progress">;
}

/**
 * Residuals and latent scores of the amortized posterior on new nominal observations. Those of other observations are
 * compared with them.
 */
export async function nominalOnes(
  { evaluation: { detection: n } }: LearningSpec,
  { problem, posterior, context }: NominalTask,
): Promise<Nominal> {
  const key = fold(context.key, "detect");
  const observations = await simulateObservations(problem, { key: fold(key, "observations"), n });
  const residuals = new Float64Array(n), scores: number[][] = [];
  for (const [i, observation] of observations.entries()) {
    const draws = { key: fold(fold(key, "draw"), i), n: RESIDUAL_SAMPLES };
    const samples = await drawPosterior(posterior, observation.summary, draws);
    residuals[i] = await residualOf(problem, { observation, samples });
    scores.push(await latentScore(posterior, { problem, observation }));
    context.progress.update("detection", { done: i + 1, total: n });
  }
  return { residuals, scores };
}

/** Learns the detectors from the training pairs and from the nominal observations, if there are any. */
export function detectorsFor(
  pairs: Pairs,
  { nominal, context }: { nominal?: Nominal; context: Pick<RunContext, "key"> },
): Detectors {
  const values = pairs.signal.map((v, i) => v + pairs.noise[i]);
  const summary = summaryDetector({ n: pairs.n, values }, fold(fold(context.key, "detect"), "summary"));
  if (!nominal) return { summary };
  return {
    summary,
    residual: async (problem, estimate) =>
      upperPValue(await residualOf(problem, estimate), nominal.residuals),
    latent: async (posterior, about) => departurePValue(await latentScore(posterior, about), nominal.scores),
  };
}

/**
 * The largest number of training summaries in the test of several observations, and the number of its permutations.
 * No detector has learned from these summaries.
 */
const COMPARED = 400, PERMUTATIONS = 499;

/**
 * The p-value of several summaries together: their maximum mean discrepancy from training summaries, by permutation.
 * It detects shifts that no single summary shows.
 */
export function togetherPValue(
  { point, unseen }: SummaryDetector,
  summaries: readonly Float32Array[],
  key: Key,
): number {
  const flat = (points: readonly (readonly number[])[]) => Float64Array.from(points.flat());
  const pair = { x: flat(summaries.map(point)), y: flat(unseen.slice(0, COMPARED)), size: unseen[0].length };
  return mmd(pair, { key, permutations: PERMUTATIONS }).pValue;
}

/** The p-values of all detectors for an observation, from samples of its amortized posterior. */
export async function detect(
  detectors: Detectors,
  { posterior, problem, observation, samples }: {
    posterior: AmortizedPosterior;
    problem: Problem;
    observation: Observation;
    samples: Float32Array;
  },
): Promise<Detection> {
  const { values, absent } = joined([
    await figuresOf(["summary"], () => ({ summary: detectors.summary.one(observation.summary) })),
    await figuresOf(["residual"], async () => ({
      residual: await detectors.residual?.(problem, { observation, samples }),
    })),
    await figuresOf(["latent"], async () => ({
      latent: await detectors.latent?.(posterior, { problem, observation }),
    })),
  ]);
  const pValues = Object.values(values), missing = Object.keys(absent).length > 0;
  return { ...values, ...pValues.length > 0 && { joint: bonferroni(pValues) }, ...missing && { absent } };
}

/**
 * The residual statistic `|W (J m - d)|^2` per effective datum, m the mean of the first samples. Surveys of different
 * sizes are comparable. A simulator has no residual; there it is the mean of `-2 log p(d | x)` over these samples.
 */
async function residualOf(
  problem: Problem,
  { observation: { data }, samples }: { observation: Observation; samples: Float32Array },
): Promise<number> {
  const { survey, noise } = problem, size = sizeOf(survey.domain);
  const first = samples.subarray(0, RESIDUAL_SAMPLES * size);
  const judged = survey.simulator ? first : meanAndStd(first, size).mean;
  const misfits = await misfitsOf(problem, { samples: judged, data });
  const effective = survey.simulator ? 1 : survey.sources * noise.degreesOfFreedom(survey.shotRange);
  return misfits.reduce((a, b) => a + b, 0) / misfits.length / effective;
}
