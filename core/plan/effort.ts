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

/** Number of applications of J and J^T in `iterations` iterations of CGLS. */
export function cglsApplications(iterations: number): number {
  return 1 + 2 * iterations;
}

/** Least-squares migration has no damping. The small number of iterations regularizes it. */
export const LSRTM = { iterations: 10 } as const;

/** Least squares by CGLS: its iterations, and the search for its damping on training data. */
export const CGLS = {
  iterations: 20,
  /** Candidate damping weights in units of 1 / RMS(x), where 1 is the ridge of a white prior. */
  candidates: [0.5, 1, 2, 4],
  tuningImages: 2,
} as const;

/**
 * Settings of a baseline that fits latents: the number of steps of one encoded source, the initial rate, and the
 * latents per step.
 */
export interface Fit {
  readonly steps: number;
  readonly rate: number;
  readonly samples: number;
  readonly gradient: "total" | "path";
}

/** Settings of the search for the most probable latents. */
export const LATENT_MAP: Fit = { steps: 160, rate: 0.1, samples: 1, gradient: "total" };

/**
 * The largest number of unknowns for which variational inference fits a full covariance. With more unknowns it fits
 * one variance for each.
 */
export const FULL_RANK = 64;

/**
 * Settings of variational inference, which starts from the prior. Many latents per step are used for small problems,
 * and one for problems that solve waves.
 */
export function variationalFit(unknowns: number): Fit {
  return unknowns <= FULL_RANK
    ? { steps: 640, rate: 0.1, samples: 16, gradient: "path" }
    : { steps: 320, rate: 0.1, samples: 1, gradient: "path" };
}

/** The smallest number of whole passes over the sources that contains all steps of a fit. */
export function passesOf({ steps }: Fit, sources: number): number {
  return Math.ceil(steps / sources);
}

/**
 * The passes after which a correction is judged while it is fitted: 1, 2, 4, ... Its end is always judged and is not
 * in this list.
 */
export function judgedPasses(passes: number): number[] {
  const judged = [];
  for (let pass = 1; pass < passes; pass *= 2) judged.push(pass);
  return judged;
}

/** The settings of the fitted baselines for a number of unknowns. */
export function fitsOf(unknowns: number): Readonly<Record<string, Fit>> {
  return { variational: variationalFit(unknowns), map: LATENT_MAP };
}

/** Applications of J and J^T to all sources that each baseline takes per observation. */
export function baselineApplications(
  { unknowns, sources }: { unknowns: number; sources: number },
): Readonly<Record<string, number>> {
  const fitted = Object.entries(fitsOf(unknowns)).map(([method, fit]) => [
    method,
    2 * fit.samples * passesOf(fit, sources),
  ]);
  return {
    cgls: cglsApplications(CGLS.iterations),
    lsrtm: cglsApplications(LSRTM.iterations),
    gaussian: 1,
    hierarchical: 1,
    ...Object.fromEntries(fitted),
  };
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
