import type { Spec } from "../contracts/spec.ts";

/**
 * Settings of the stages that a spec does not contain. The stages use them, and `check` computes the cost from them.
 */

/** The largest number of prior draws whose clean data define the reference of the noise level. */
const REFERENCE_DRAWS = 16;

/** The number of reference draws: at most as many as the spec draws for training or evaluation. */
export function referenceDraws({ training, evaluation }: Pick<Spec, "training" | "evaluation">): number {
  return Math.min(REFERENCE_DRAWS, training?.pairs ?? evaluation.observations);
}

/**
 * The passes after which a correction is judged while it is fitted: 1, 2, 4, ... Its end is always judged and is not
 * in this list.
 */
export function doublingPasses(passes: number): number[] {
  const judged = [];
  for (let pass = 1; pass < passes; pass *= 2) judged.push(pass);
  return judged;
}

/** Number of posterior samples whose data are predicted. Each takes one application of J. */
export const PREDICTIVE_SAMPLES = 16;

/** Number of prior draws that the variance is estimated from, for a prior without a known covariance. */
export const PRIOR_DRAWS = 256;

/**
 * Number of posterior samples whose mean gives the residual. The residual shows whether an observation is like
 * nominal ones.
 */
export const RESIDUAL_SAMPLES = 32;

/** Number of draws of a corrected posterior whose importance weights are judged. */
export const WEIGHED_SAMPLES = 400;
