/** How much the stages do beyond what a spec says; the stages follow it, and `check` prices it. */

/** Draws of the prior whose clean data fix the noise level's reference. */
export const REFERENCE_DRAWS = 16;

/** Least squares by CGLS: its iterations, and the search for its damping on training data. */
export const CGLS = {
  iterations: 20,
  /** Candidate damping weights in units of 1 / RMS(x), where 1 is the ridge of a white prior. */
  candidates: [0.5, 1, 2, 4],
  tuningImages: 2,
} as const;
