import { learnedCovariance } from "./covariance.ts";
import type { GaussianPrior } from "./prior_family.ts";
import { hierarchy } from "./hierarchy.ts";

/** All Gaussian priors that are learned from training unknowns. */
const GAUSSIAN_PRIORS: readonly GaussianPrior[] = [learnedCovariance, hierarchy];

/** The Gaussian prior of a name. */
export function gaussianPrior(name: string): GaussianPrior {
  const prior = GAUSSIAN_PRIORS.find((one) => one.name === name);
  if (prior) return prior;
  throw new Error(
    `There is no Gaussian prior "${name}": they are ${GAUSSIAN_PRIORS.map(({ name }) => name).join(", ")}`,
  );
}
