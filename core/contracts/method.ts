/**
 * What a method needs: a trained flow, an unknown that is an image, a linear operator, explicit matrices of it, the
 * density of a vector's prior.
 */
export type MethodNeed = "flow" | "image" | "linear" | "assembly" | "density";

/** How tables and charts show a method. `summary.json` holds it, so that a report needs the run folder alone. */
export interface MethodLook {
  /** Its name in words. */
  readonly label: string;
  /** `#rrggbb`, distinct from those of the other methods for colour-blind readers too. */
  readonly color: string;
  /** Whether it gives posterior samples; else a point estimate. */
  readonly samples: boolean;
}

/** What a method says of itself. */
export interface MethodTraits extends MethodLook {
  readonly needs?: readonly MethodNeed[];
  /** Where a spec asks for it: in the list `evaluation.baselines`, or by a section. Absent: it is always judged. */
  readonly asked?: "baselines" | "refinement" | "policy";
  /** Whether it is a baseline of specs that list none. */
  readonly default?: true;
}

/** The cost of a method. Applications are those of J or J^T to all sources. */
export interface MethodCost {
  /** For one observation. */
  readonly applications: number;
  /** Once for a run, to choose its settings on training data. */
  readonly tuning?: number;
  /** Once for each survey, and once for each survey with each noise. */
  readonly perSurvey?: number;
  readonly perNoise?: number;
  /** The prior of the dense Gaussian posterior that it draws from. */
  readonly gaussian?: string;
  /** The fit that takes the applications, of one encoded source a step; `flow`: whether the flow maps its latents. */
  readonly fit?: { readonly passes: number; readonly samples: number; readonly flow: boolean };
}
