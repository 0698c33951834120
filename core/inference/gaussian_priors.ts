import type { NoiseModel } from "../contracts/problem.ts";
import type { Key } from "../base/random.ts";
import { bandsOf } from "../linalg/mod.ts";
import { learnedCovariance } from "./covariance.ts";
import { type GaussianPosterior, gaussianPosteriors } from "./gaussian_posterior.ts";
import { IMAGES } from "./expected_periodograms.ts";
import { LOCAL } from "./gain_prior.ts";
import { hierarchy } from "./hierarchy.ts";
import type { SurveyInformation } from "./information.ts";
import { localPosteriors } from "./local_posteriors.ts";
import { learnLocalPrior } from "./local_prior.ts";
import type { FamilyPrior, GaussianWork, PriorFamily, TrainingImages, Watch } from "./prior_family.ts";

/** A Gaussian prior that is learned from training unknowns. */
export interface GaussianPrior extends GaussianWork {
  readonly name: string;
  learn(images: TrainingImages, watch: Watch): Promise<LearnedPrior>;
}

/** A learned prior, and the posteriors under it. */
export interface LearnedPrior {
  /** Absent where the covariances are told by each observation. */
  readonly family?: PriorFamily;
  posteriorsOf(
    information: SurveyInformation,
    options: { key: Key; workers: number; signal?: AbortSignal },
  ): GaussianPosteriors;
}

/** The posteriors of a survey's data, by noise. */
export interface GaussianPosteriors {
  of(noise: NoiseModel): Promise<GaussianPosterior>;
  /** Ends workers. */
  close(): void;
}

/** Number of settings of the gains that an observation's posterior is a mixture over. More gained nothing. */
const MEMBERS = 1;

/** A prior whose gains by band and place are told by each observation (decision 31). */
const localGains: GaussianPrior = {
  name: "local",
  factors: 0,
  amplitudes: 0,
  factorizations: 0,
  eliminations: MEMBERS,
  simulations: bandsOf(LOCAL.bands).length * IMAGES,
  learn(images) {
    const prior = learnLocalPrior(images.training, images);
    const posteriorsOf: LearnedPrior["posteriorsOf"] = (information, options) =>
      localPosteriors(information, prior, { ...options, members: MEMBERS });
    return Promise.resolve({ posteriorsOf });
  },
};

/** A family of priors as a prior that no data change. */
function ofFamily(prior: FamilyPrior): GaussianPrior {
  return {
    ...prior,
    async learn(images, watch) {
      const family = await prior.learn(images, watch);
      return {
        family,
        posteriorsOf: (information, { signal }) => ({
          of: gaussianPosteriors(information, family, { signal }),
          close: () => {},
        }),
      };
    },
  };
}

/** All Gaussian priors that are learned from training unknowns. */
const GAUSSIAN_PRIORS: readonly GaussianPrior[] = [
  ofFamily(learnedCovariance),
  ofFamily(hierarchy),
  localGains,
];

/** The Gaussian prior of a name. */
export function gaussianPrior(name: string): GaussianPrior {
  const prior = GAUSSIAN_PRIORS.find((one) => one.name === name);
  if (prior) return prior;
  throw new Error(
    `There is no Gaussian prior "${name}": they are ${GAUSSIAN_PRIORS.map(({ name }) => name).join(", ")}`,
  );
}
