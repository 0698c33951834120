import type { Survey } from "../contracts/operator.ts";
import type { NoiseModel } from "../contracts/problem.ts";
import type { Spec } from "../contracts/spec.ts";
import { type GaussianPosterior, gaussianPosteriors } from "../inference/gaussian_posterior.ts";
import { gaussianPrior } from "../inference/gaussian_priors.ts";
import { type SurveyInformation, surveyInformation } from "../inference/information.ts";
import type { PriorFamily, TrainingImages } from "../inference/prior_family.ts";
import { splitPairs } from "../inference/train.ts";
import { once } from "../base/once.ts";
import { sizeOf } from "../base/shape.ts";
import { fold, type Key } from "../base/random.ts";
import type { Progress } from "../base/progress.ts";
import { buildPrior, type ResolveContext } from "../registry/build.ts";

/**
 * Number of images that a covariance is learned from if the spec does not set the number of pairs, and the fraction
 * that is held out.
 */
const IMAGES = 512, HELD_OUT = 0.1;

/** Gaussian priors that are learned from the training unknowns, by name, and the posteriors under them. */
export interface GaussianService {
  prior(name: string): Promise<PriorFamily>;
  posterior(model: { survey: Survey; noise: NoiseModel }, prior: string): Promise<GaussianPosterior>;
}

type Context = ResolveContext & { key: Key; progress: Progress; signal?: AbortSignal };

/** Learns each prior when it is first used, and builds each posterior once. */
export function gaussianService(
  spec: Spec,
  { survey: nominal, context }: { survey: Survey; context: Context },
): GaussianService {
  const { signal } = context, families = new Map<string, Promise<PriorFamily>>();
  const surveys = new Map<Survey, SurveyInformation>();
  const byFamily = new Map<PriorFamily, Map<Survey, ReturnType<typeof gaussianPosteriors>>>();
  const images = once(() => trainingImages(spec, { survey: nominal, context }));
  const say = (line: string) => context.progress.say(`  linear Gaussian: ${line}`);
  const progress = (done: number, total: number) =>
    context.progress.update("linear Gaussian", { done, total, unit: "source" });
  const priorOf = (name: string) => {
    const learning = families.get(name) ??
      images().then((x) => gaussianPrior(name).learn(x, { signal, say }));
    families.set(name, learning);
    return learning;
  };
  return {
    prior: priorOf,
    async posterior({ survey, noise }, prior) {
      if (!survey.assemble) {
        throw new Error(
          `A linear Gaussian posterior needs an operator that can be assembled; ${spec.operator.kind} cannot.`,
        );
      }
      const family = await priorOf(prior), bySurvey = byFamily.get(family) ?? new Map();
      byFamily.set(family, bySurvey);
      const information = surveys.get(survey) ?? surveyInformation(survey, { signal, progress });
      surveys.set(survey, information);
      const posteriors = bySurvey.get(survey) ?? gaussianPosteriors(information, family, { signal });
      bySurvey.set(survey, posteriors);
      return await posteriors(noise);
    },
  };
}

/** The training unknowns, those held out apart. */
async function trainingImages(
  spec: Spec,
  { survey, context }: { survey: Survey; context: Context },
): Promise<TrainingImages> {
  const prior = await buildPrior(spec, survey, context), size = sizeOf(survey.domain);
  const n = spec.training?.pairs ?? IMAGES, validation = spec.training?.validation ?? HELD_OUT;
  const x = await prior.sample(fold(fold(context.key, "simulate"), "x"), n);
  const split = splitPairs(n, { validation, key: fold(context.key, "train") });
  const images = (indices: Uint32Array) => {
    const out = new Float32Array(indices.length * size);
    indices.forEach((from, i) => out.set(x.subarray(from * size, (from + 1) * size), i * size));
    return out;
  };
  const { domain: { shape }, mask } = survey;
  return { training: images(split.training), heldOut: images(split.validation), shape, mask };
}

/** The training images that covariances are learned from. */
export function imagesOf({ prior, operator, training }: Pick<Spec, "prior" | "operator" | "training">) {
  return { prior, operator, pairs: training?.pairs, validation: training?.validation };
}
