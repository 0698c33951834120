import type { Survey } from "../contracts/operator.ts";
import type { NoiseModel } from "../contracts/problem.ts";
import type { Spec } from "../contracts/spec.ts";
import { learnCovariance, type LearnedCovariance } from "../inference/covariance.ts";
import { type LinearGaussianPosterior, linearGaussianPosteriors } from "../inference/gaussian.ts";
import { splitPairs } from "../inference/train.ts";
import { sizeOf } from "../linalg/mod.ts";
import { fold, type Key } from "../random.ts";
import type { Progress } from "./progress.ts";
import { buildPrior, type ResolveContext } from "./resolve.ts";

/** Images that a covariance is learned from, unless the spec trains on another number; and the part held out. */
const IMAGES = 512, HELD_OUT = 0.1;

/** The linear Gaussian posterior of a survey and its noise, under the covariance of the nominal prior's images. */
export type GaussianPosteriors = (survey: Survey, noise: NoiseModel) => Promise<LinearGaussianPosterior>;

type Context = ResolveContext & { key: Key; progress: Progress; signal?: AbortSignal };

/** Learns the covariance when a posterior is first asked for; each posterior is built once. */
export function gaussianPosteriors(
  spec: Spec,
  { survey: nominal, context }: { survey: Survey; context: Context },
): GaussianPosteriors {
  let covariance: Promise<LearnedCovariance> | undefined;
  const known = new Map<Survey, ReturnType<typeof linearGaussianPosteriors>>(), { signal } = context;
  const progress = (done: number, total: number) =>
    context.progress.update("linear Gaussian", { done, total, unit: "source" });
  return async (survey, noise) => {
    if (!survey.assemble) {
      throw new Error(
        `A linear Gaussian posterior needs an operator that can be assembled; ${spec.operator.kind} cannot.`,
      );
    }
    covariance ??= learnedCovariance(spec, { survey: nominal, context });
    const prior = await covariance;
    const posteriors = known.get(survey) ?? linearGaussianPosteriors(survey, prior, { signal, progress });
    known.set(survey, posteriors);
    return await posteriors(noise);
  };
}

async function learnedCovariance(
  spec: Spec,
  { survey, context }: Parameters<typeof gaussianPosteriors>[1],
): Promise<LearnedCovariance> {
  const prior = await buildPrior(spec, survey, context), size = sizeOf(survey.domain);
  const n = spec.training?.pairs ?? IMAGES, validation = spec.training?.validation ?? HELD_OUT;
  const x = await prior.sample(fold(fold(context.key, "simulate"), "x"), n); // the training unknowns
  const split = splitPairs(n, { validation, key: fold(context.key, "train") });
  const images = (indices: Uint32Array) => {
    const out = new Float32Array(indices.length * size);
    indices.forEach((from, i) => out.set(x.subarray(from * size, (from + 1) * size), i * size));
    return out;
  };
  const learned = await learnCovariance(
    { training: images(split.training), heldOut: images(split.validation) },
    { shape: survey.domain.shape, mask: survey.mask, signal: context.signal },
  );
  context.progress.say(`  linear Gaussian: shrinkage ${learned.shrinkage} chosen on held-out training data`);
  return learned;
}
