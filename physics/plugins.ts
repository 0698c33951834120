import { bernoulliGlm } from "./benchmarks/bernoulli_glm.ts";
import { scaleMixture } from "./benchmarks/scale_mixture.ts";
import { slcp } from "./benchmarks/slcp.ts";
import { twoMoons } from "./benchmarks/two_moons.ts";
import { bandLimitedNoise } from "./noise/band_limited.ts";
import { gaussianNoise } from "./noise/gaussian.ts";
import { intrinsicNoise } from "./noise/intrinsic.ts";
import { born } from "./operators/born.ts";
import { gaussianPrior } from "./priors/gaussian.ts";
import { gaussianMixture } from "./priors/gaussian_mixture.ts";
import { imagePatches } from "./priors/image_patches.ts";
import { layeredGeology } from "./priors/layered_geology.ts";
import { priorMixture } from "./priors/mixture.ts";
import { rosenbrock } from "./priors/rosenbrock.ts";
import { uniform } from "./priors/uniform.ts";
import { gaussianMean } from "./summaries/gaussian_mean.ts";
import { gaussianMoments } from "./summaries/gaussian_moments.ts";
import { identitySummary } from "./summaries/identity.ts";
import { lsrtm } from "./summaries/lsrtm.ts";
import { migration } from "./summaries/migration.ts";
import { convolution } from "./toy/convolution.ts";
import { identity } from "./toy/identity.ts";
import { matrix } from "./toy/matrix.ts";

const priors = [layeredGeology, imagePatches, gaussianPrior, gaussianMixture, rosenbrock, uniform];

/** Every component kind that this folder provides. */
export const plugins = [
  born,
  convolution,
  matrix,
  identity,
  twoMoons,
  scaleMixture,
  slcp,
  bernoulliGlm,
  ...priors,
  priorMixture(priors),
  bandLimitedNoise,
  gaussianNoise,
  intrinsicNoise,
  migration,
  lsrtm,
  gaussianMean,
  gaussianMoments,
  identitySummary,
];
