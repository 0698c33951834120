import type { Spec } from "../contracts/spec.ts";

/** How much the stages do beyond what a spec says; the stages follow it, and `check` prices it. */

/** Draws of the prior whose clean data fix the noise level's reference, at most. */
const REFERENCE_DRAWS = 16;

/** No more of them than the spec draws anyhow. */
export function referenceDraws({ training, evaluation }: Pick<Spec, "training" | "evaluation">): number {
  return Math.min(REFERENCE_DRAWS, training?.pairs ?? evaluation.observations);
}

/** Applications of J and J^T that so many iterations of CGLS take. */
export function cglsApplications(iterations: number): number {
  return 1 + 2 * iterations;
}

/** Least-squares migration without damping: its iterations regularize. */
export const LSRTM = { iterations: 10 } as const;

/** Least squares by CGLS: its iterations, and the search for its damping on training data. */
export const CGLS = {
  iterations: 20,
  /** Candidate damping weights in units of 1 / RMS(x), where 1 is the ridge of a white prior. */
  candidates: [0.5, 1, 2, 4],
  tuningImages: 2,
} as const;

/** A fit of latents by a baseline: steps of one encoded source, the first rate, latents in each step. */
export interface Fit {
  readonly steps: number;
  readonly rate: number;
  readonly samples: number;
  readonly gradient: "total" | "path";
}

/** The most probable latents. */
export const LATENT_MAP: Fit = { steps: 160, rate: 0.1, samples: 1, gradient: "total" };

/** Unknowns up to which variational inference fits a whole covariance, and else one of each. */
export const FULL_RANK = 64;

/** Variational inference from the prior: one latent a step where it takes waves, many where hardly any time. */
export function variationalFit(unknowns: number): Fit {
  return unknowns <= FULL_RANK
    ? { steps: 640, rate: 0.1, samples: 16, gradient: "path" }
    : { steps: 320, rate: 0.1, samples: 1, gradient: "path" };
}

/** Whole passes over the sources that have so many steps at least. */
export function passesOf({ steps }: Fit, sources: number): number {
  return Math.ceil(steps / sources);
}

/** Passes after which a correction is judged on its way: 1, 2, 4, ...; it is judged at its end anyhow. */
export function judgedPasses(passes: number): number[] {
  const judged = [];
  for (let pass = 1; pass < passes; pass *= 2) judged.push(pass);
  return judged;
}

/** The baselines that are fitted, for an unknown of some size. */
export function fitsOf(unknowns: number): Readonly<Record<string, Fit>> {
  return { variational: variationalFit(unknowns), map: LATENT_MAP };
}

/** Applications of J and of J^T, to all sources, that each baseline takes for an observation. */
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

/** Posterior samples whose data are predicted, one application of J each. */
export const PREDICTIVE_SAMPLES = 16;

/** Unknowns up to which C2ST beside an exact posterior is a matter of seconds, and samples that it takes. */
export const TWIN = { unknowns: 16, samples: 500 } as const;

/** Draws of a prior without a known covariance that its variance is taken from. */
export const PRIOR_DRAWS = 256;

/** Samples whose mean's residual tells an observation from nominal ones. */
export const RESIDUAL_SAMPLES = 32;

/** Draws of a corrected posterior whose importance weights are judged. */
export const WEIGHED_SAMPLES = 400;
