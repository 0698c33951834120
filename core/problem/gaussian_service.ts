import type { Survey } from "../contracts/operator.ts";
import type { NoiseModel } from "../contracts/problem.ts";
import type { Spec } from "../contracts/spec.ts";
import type { GaussianPosterior } from "../inference/gaussian_posterior.ts";
import { type GaussianPosteriors, gaussianPrior, type LearnedPrior } from "../inference/gaussian_priors.ts";
import { type SurveyInformation, surveyInformation } from "../inference/information.ts";
import type { TrainingImages } from "../inference/prior_family.ts";
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
  prior(name: string): Promise<LearnedPrior>;
  posterior(model: { survey: Survey; noise: NoiseModel }, prior: string): Promise<GaussianPosterior>;
  /** Ends workers. */
  close(): Promise<void>;
}

type Context = ResolveContext & { key: Key; progress: Progress; signal?: AbortSignal };

/** Learns each prior when it is first used, and builds each posterior once. */
export function gaussianService(
  spec: Spec,
  { survey: nominal, context }: { survey: Survey; context: Context },
): GaussianService {
  const { signal, resources: { workers } } = context, key = fold(context.key, "gaussian");
  const learned = new Map<string, Promise<LearnedPrior>>(), informed = new Map<Survey, SurveyInformation>();
  const posteriors = new Map<string, Map<Survey, Promise<GaussianPosteriors>>>();
  const images = once(() => trainingImages(spec, { survey: nominal, context }));
  const say = (line: string) => context.progress.say(`  linear Gaussian: ${line}`);
  const progress = (done: number, total: number) =>
    context.progress.update("linear Gaussian", { done, total, unit: "source" });
  const priorOf = (name: string) => {
    const learning = learned.get(name) ??
      images().then((x) => gaussianPrior(name).learn(x, { signal, say }));
    learned.set(name, learning);
    return learning;
  };
  const informationOf = (survey: Survey) => {
    const information = informed.get(survey) ?? surveyInformation(survey, { signal, progress });
    informed.set(survey, information);
    return information;
  };
  return {
    prior: priorOf,
    async posterior({ survey, noise }, prior) {
      if (!survey.assemble) {
        throw new Error(
          `A linear Gaussian posterior needs an operator that can be assembled; ${spec.operator.kind} cannot.`,
        );
      }
      const bySurvey = posteriors.get(prior) ?? new Map<Survey, Promise<GaussianPosteriors>>();
      posteriors.set(prior, bySurvey);
      const open = bySurvey.get(survey) ??
        priorOf(prior).then((one) => one.posteriorsOf(informationOf(survey), { key, workers, signal }));
      bySurvey.set(survey, open);
      return await (await open).of(noise);
    },
    async close() {
      for (const bySurvey of posteriors.values()) {
        for (const open of bySurvey.values()) await open.then(({ close }) => close(), () => {});
      }
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
