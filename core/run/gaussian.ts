import type { Survey } from "../contracts/operator.ts";
import type { NoiseModel } from "../contracts/problem.ts";
import type { Spec } from "../contracts/spec.ts";
import {
  learnCovariance,
  type LearnedCovariance,
  type LinearGaussianPosterior,
  linearGaussianPosterior,
} from "../inference/gaussian.ts";
import { splitPairs } from "../inference/train.ts";
import { sizeOf } from "../linalg/mod.ts";
import { fold, type Key } from "../random.ts";
import type { Progress } from "./progress.ts";
import { buildPrior, type ResolveContext } from "./resolve.ts";

/** Images that a covariance is learned from, unless the spec trains on another number; and the part held out. */
const IMAGES = 512, HELD_OUT = 0.1;

/** The linear Gaussian posterior of a survey and its noise, under the covariance of the nominal prior's images. */
export type GaussianPosteriors = (survey: Survey, noise: NoiseModel) => Promise<LinearGaussianPosterior>;

/** Learns the covariance when a posterior is first asked for; each posterior is built once. */
export function gaussianPosteriors(
  spec: Spec,
  { survey: nominal, context }: {
    survey: Survey;
    context: ResolveContext & { key: Key; progress: Progress };
  },
): GaussianPosteriors {
  let covariance: Promise<LearnedCovariance> | undefined;
  const known = new Map<Survey, Map<number, Promise<LinearGaussianPosterior>>>();
  return async (survey, noise) => {
    if (!survey.assemble) {
      throw new Error(
        `A linear Gaussian posterior needs an operator that can be assembled; ${spec.operator.kind} cannot.`,
      );
    }
    covariance ??= learnedCovariance(spec, { survey: nominal, context });
    const prior = await covariance, bySigma = known.get(survey) ?? new Map();
    known.set(survey, bySigma);
    if (!bySigma.has(noise.sigma)) bySigma.set(noise.sigma, linearGaussianPosterior(survey, noise, prior));
    return await bySigma.get(noise.sigma);
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
    { shape: survey.domain.shape, mask: survey.mask },
  );
  context.progress.say(`  linear Gaussian: shrinkage ${learned.shrinkage} chosen on held-out training data`);
  return learned;
}
