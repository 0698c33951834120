import type { Spec } from "../contracts/spec.ts";

/** How much the stages do beyond what a spec says; the stages follow it, and `check` prices it. */

/** Draws of the prior whose clean data fix the noise level's reference, at most. */
const REFERENCE_DRAWS = 16;

/** No more of them than the spec draws anyhow. */
export function referenceDraws({ training, evaluation }: Pick<Spec, "training" | "evaluation">): number {
  return Math.min(REFERENCE_DRAWS, training?.pairs ?? evaluation.observations);
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
