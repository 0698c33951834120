import type { Correction } from "../contracts/correction.ts";
import type { Optimizer } from "../contracts/flow.ts";
import type { Survey } from "../contracts/operator.ts";
import type { NoiseModel, Prior, Summary } from "../contracts/problem.ts";
import type { CorrectionSpec } from "../contracts/spec.ts";
import type { Key } from "../base/random.ts";
import type { AmortizedPosterior } from "./draw.ts";
import type { FittedCorrection } from "./fitted_correction.ts";
import type { Observation } from "./simulate.ts";

export interface CorrectionEvent {
  readonly step: number;
  readonly pass: number;
  /** One-source estimate of the objective up to a constant. The entropy of the correction is not included. */
  readonly objective: number;
  /** One-source estimate of `-log p(d | x)`. */
  readonly misfit: number;
  /** The misfit of a held-out source at the end of a pass. Absent if no source is held out. */
  readonly heldOut?: number;
}

/** What a correction has of an observation: its operator and noise, and for `target: posterior` its prior. */
export interface CorrectionProblem {
  readonly posterior: AmortizedPosterior;
  readonly survey: Survey;
  readonly noise: NoiseModel;
  readonly prior: Prior;
  readonly summary: Summary;
  readonly observation: Pick<Observation, "data" | "summary">;
}

export interface CorrectionOptions<C extends Correction = Correction> {
  readonly correction: C;
  readonly optimizer: Optimizer;
  readonly settings: CorrectionSpec;
  /**
   * Steps of a pass. This is the number of sources of the training survey, so that a survey of fewer sources gets as
   * many steps.
   */
  readonly stepsPerPass: number;
  readonly key: Key;
  readonly signal?: AbortSignal;
  readonly progress?: (event: CorrectionEvent) => void;
  /** Whether only T(0) is fitted. The fit then ends at the latents of the largest density. */
  readonly mode?: boolean;
  /**
   * Called with the correction after each pass, counted from 1. The tensors of the correction are freed after the
   * call.
   */
  readonly onPass?: (fitted: FittedCorrection, pass: number) => Promise<void>;
}
