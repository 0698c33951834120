/** A component's declaration in a spec: its kind and its own options, quantities already in SI units. */
export interface Declaration {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/** The parts that a shift may override. */
export interface ProblemSpec {
  readonly prior: Declaration;
  readonly operator: Declaration;
  readonly noise: Declaration;
}

export interface TrainingSpec {
  readonly pairs: number;
  /** Fraction of the pairs held out for validation and for choosing the best checkpoint. */
  readonly validation: number;
  readonly epochs: number;
  readonly batch: number;
  /** Steps over which the rate rises linearly to its value; 0 is off. */
  readonly warmUp: number;
  /** `decay`: factor on the rate every `decayEvery` epochs. */
  readonly decay: number;
  readonly decayEvery: number;
  /** Weight of the exponential moving average of the parameters; 0 is off. */
  readonly average: number;
  /** Gaussian jitter on x, as a fraction of its standard deviation. */
  readonly jitter: number;
  readonly flips: readonly ("lateral" | "polarity")[];
  readonly optimizer: Declaration;
}

export type Encoding = "orthogonal" | "shots" | "gaussian-fixed" | "gaussian-fresh";

export interface CorrectionSpec extends Declaration {
  /** What stands for the prior in the fit: the amortized posterior, as published, or the unknown's own prior. */
  readonly target: "latent" | "posterior";
  readonly passes: number;
  /** Solves at most; absent: as many as the passes take. */
  readonly budget?: number;
  /** Latents per step; `antithetic`: the second half is minus the first. */
  readonly samples: number;
  readonly antithetic: boolean;
  readonly encoding: Encoding;
  /** Part of the encoded sources that the fit does not see, and that tell when it stops; 0 is off. */
  readonly holdout: number;
  /** Factor on the rate after each pass. */
  readonly decay: number;
  readonly optimizer: Declaration;
}

/** .npy files of observations of the nominal problem, in place of simulated ones. */
export interface ObservationFiles {
  /** [n, size of the data], [n, size of the unknown], and samples of the true posteriors [n, m, size]. */
  readonly observations: string;
  readonly truths: string;
  readonly reference?: string;
}

/** What makes samples of the posterior exact where the flow's are not; needs a prior whose density is known. */
export type RefinementSpec =
  /** `from`: the posterior that draws are from. */
  & { readonly from: "amortized" | "corrected" }
  & (
    | {
      readonly kind: "importance";
      /** Posterior draws that are weighted by the likelihood. */
      readonly draws: number;
    }
    | {
      readonly kind: "smc";
      readonly populations: number;
      readonly moves: number;
      readonly leaps: number;
    }
  );

export interface EvaluationSpec {
  readonly observations: number;
  readonly files?: ObservationFiles;
  readonly samples: number;
  readonly metrics: readonly string[];
  readonly baselines: readonly string[];
  /** Tests of the posterior on many simulated truths of each scenario; absent: none. */
  readonly calibration?: CalibrationSpec;
  /** Nominal observations whose residuals an observation's is compared with; 0: summaries alone are compared. */
  readonly detection: number;
  /** Whether the correction is judged after some of its passes too, and every method beside its cost. */
  readonly tradeoff: boolean;
}

export interface CalibrationSpec {
  readonly observations: number;
  readonly samples: number;
  /** Whether the corrected posterior is tested too, at one correction per observation. */
  readonly corrected: boolean;
}

/** When an observation's amortized posterior is kept, and when it is corrected or refined. */
export interface PolicySpec {
  /** An observation counts as shifted where the detectors' p-value is below. */
  readonly level: number;
  /** Wave-equation solves that one observation may take; absent: any number. */
  readonly solves?: number;
}

/** One condition under which the method is judged: the nominal problem or a shift of it. */
export interface Scenario extends ProblemSpec {
  readonly name: string;
}

/** A validated experiment spec: every default filled in, every quantity in SI units. */
export interface Spec extends ProblemSpec {
  readonly name: string;
  readonly seed: number;
  readonly summary: Declaration;
  /** Absent where a spec images only: then there is no training either, and no amortized or corrected posterior. */
  readonly flow?: Declaration;
  readonly training?: TrainingSpec;
  readonly correction: CorrectionSpec;
  /** Absent: none. */
  readonly refinement?: RefinementSpec;
  readonly evaluation: EvaluationSpec;
  /** Absent where every observation is corrected. */
  readonly policy?: PolicySpec;
  /** Nominal first, then the shifts, each complete. */
  readonly scenarios: readonly Scenario[];
  /** `"corrected.snr_gain": ">= 1 dB"`. */
  readonly gates: Readonly<Record<string, string>>;
  /** Axes of a sweep: key path -> values as written. */
  readonly sweep?: Readonly<Record<string, readonly unknown[]>>;
}

/** A spec that trains a flow. */
export type LearningSpec = Spec & Required<Pick<Spec, "flow" | "training">>;

/** A problem in a spec, with its place. `line` and `column` count from 1. */
export interface SpecIssue {
  /** The spec's file, or "--set" where the fault was given on the command line. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
  /** The line at fault, and how many of its characters are, where the reader cannot look it up. */
  readonly excerpt?: { readonly text: string; readonly length: number };
}
