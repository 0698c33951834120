import type { Correction, Optimizer } from "../contracts/flow.ts";
import type { Survey } from "../contracts/operator.ts";
import type { NoiseModel, Prior, Summary } from "../contracts/problem.ts";
import type { CorrectionSpec } from "../contracts/spec.ts";
import type { Key } from "../base/random.ts";
import type { AmortizedPosterior, FittedCorrection } from "./draw.ts";
import type { Observation } from "./simulate.ts";

export interface CorrectionEvent {
  readonly step: number;
  readonly pass: number;
  /** One-source estimate of what is minimised, without the correction's own entropy term and up to a constant. */
  readonly objective: number;
  /** One-source estimate of `-log p(d | x)`. */
  readonly misfit: number;
  /** At the end of a pass, where sources are held out: the misfit of one of them. */
  readonly heldOut?: number;
}

/** What the correction is told: the observation's own operator and noise, its prior for `target: posterior` alone. */
export interface CorrectionProblem {
  readonly posterior: AmortizedPosterior;
  readonly survey: Survey;
  readonly noise: NoiseModel;
  readonly prior: Prior;
  readonly summary: Summary;
  readonly observation: Pick<Observation, "data" | "summary">;
}

export interface CorrectionOptions {
  readonly correction: Correction;
  readonly optimizer: Optimizer;
  readonly settings: CorrectionSpec;
  /** Steps of a pass: sources of the training survey, so that fewer sources do not mean fewer steps. */
  readonly stepsPerPass: number;
  readonly key: Key;
  readonly signal?: AbortSignal;
  readonly progress?: (event: CorrectionEvent) => void;
  /** Whether T(0) alone is fitted, which leaves the latents of the greatest density. */
  readonly mode?: boolean;
  /** Is shown the correction after each pass, counted from 1; what it holds is freed later. */
  readonly onPass?: (fitted: FittedCorrection, pass: number) => Promise<void>;
}
