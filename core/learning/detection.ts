import type { LearningSpec } from "../contracts/spec.ts";
import { departurePValue, type SummaryDetector, summaryDetector, upperPValue } from "../inference/detect.ts";
import { type AmortizedPosterior, drawPosterior } from "../inference/draw.ts";
import { meanAndStd } from "../inference/evaluate.ts";
import { latentScore } from "../inference/latent_score.ts";
import { misfitsOf } from "../inference/predictive.ts";
import { type Observation, type Pairs, type Problem, simulateObservations } from "../inference/simulate.ts";
import { sizeOf } from "../linalg/mod.ts";
import { bonferroni, figuresOf, joined, mmd } from "../metrics/mod.ts";
import { fold, type Key } from "../base/random.ts";
import { RESIDUAL_SAMPLES } from "../plan/effort.ts";
import type { RunContext } from "../store/context.ts";

/** p-values that an observation is like the training data, by each detector and by all that have one. */
export interface Detection {
  readonly summary?: number;
  readonly residual?: number;
  readonly latent?: number;
  readonly joint?: number;
  /** Why a detector has none. */
  readonly absent?: Readonly<Record<string, string>>;
}

/** What fresh nominal observations are like, one entry each. */
export interface Nominal {
  readonly residuals: Float64Array;
  /** Their latent scores, see `latentScore`. */
  readonly scores: readonly (readonly number[])[];
}

export interface Detectors {
  readonly summary: SummaryDetector;
  /** Of the residual of a posterior's first samples; absent where nominal residuals are not simulated. */
  readonly residual?: (
    problem: Problem,
    estimate: { observation: Observation; samples: Float32Array },
  ) => Promise<number>;
  /** Of how hard the data pull at the latents; absent where nominal ones are not simulated. */
  readonly latent?: (
    posterior: AmortizedPosterior,
    about: { problem: Problem; observation: Observation },
  ) => Promise<number>;
}

/** What the detectors are learned from besides training pairs. */
interface NominalTask {
  readonly problem: Problem;
  readonly posterior: AmortizedPosterior;
  readonly context: Pick<RunContext, "key" | "progress">;
}

/** Residuals and latent scores of the amortized posterior on fresh nominal observations, which others are compared with. */
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

/** Learns the detectors from the training pairs, and from nominal observations where there are any. */
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

/** Unseen training summaries that several are compared with at most, and permutations that tell how unlike they are. */
const COMPARED = 400, PERMUTATIONS = 499;

/**
 * The p-value of several summaries together: the maximum mean discrepancy from training summaries, by permutation. It
 * sees a shift that none of them shows alone.
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

/** What the detectors say of an observation and its amortized posterior, of which there are samples. */
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
  const found = Object.values(values), missing = Object.keys(absent).length > 0;
  return { ...values, ...found.length > 0 && { joint: bonferroni(found) }, ...missing && { absent } };
}

/**
 * `|W (J m - d)|^2` of the mean m of the first samples, per effective datum, so that surveys of different sizes
 * compare; for a simulator, which has no residual, the mean of `-2 log p(d | x)` over these samples.
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
