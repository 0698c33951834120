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
  /** Fraction of the pairs held out for validation and for choosing the best checkpoint; one pair at least is. */
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
  /** The prior of the fit: the amortized posterior, as published, or the prior of the unknown. */
  readonly target: "latent" | "posterior";
  readonly passes: number;
  /** Solves at most; absent: as many as the passes take. */
  readonly budget?: number;
  /** Latents per step; `antithetic`: the second half is minus the first. */
  readonly samples: number;
  readonly antithetic: boolean;
  /** Derivative of the whole objective, or through the samples alone, whose noise vanishes at the optimum. */
  readonly gradient: "total" | "path";
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
  | {
    readonly kind: "importance";
    /** Posterior draws that are weighted by the likelihood, and the posterior that they come from. */
    readonly draws: number;
    readonly from: "amortized" | "corrected";
  }
  | { readonly kind: "smc"; readonly populations: number };

export interface EvaluationSpec {
  readonly observations: number;
  readonly files?: ObservationFiles;
  readonly samples: number;
  readonly metrics: readonly string[];
  /** Methods of the slot `method` that are judged beside the learned ones, each with its options. */
  readonly baselines: readonly Declaration[];
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
  /** Trials that `sweep` makes of this spec; no part of the experiment's identity, and neither is `launch`. */
  readonly sweep?: SweepSpec;
  /** Where the trials of a sweep run. */
  readonly launch?: LaunchSpec;
}

/** Values between two ends, numbers or quantities of one unit such as "5 dB". */
export interface AxisRange {
  readonly min: number | string;
  readonly max: number | string;
  readonly scale: "linear" | "log";
  readonly integer: boolean;
}

export interface SweepSpec {
  readonly method: "grid" | "random" | "sobol" | "tpe" | "asha";
  /** Key path -> values as written, or a range to draw from. */
  readonly axes: Readonly<Record<string, readonly unknown[] | AxisRange>>;
  /** Axes that go through their lists together. */
  readonly zip: readonly (readonly string[])[];
  /** Repetitions of each point, with seeds from the spec's own on. */
  readonly seeds: number;
  /** Points of a method that draws them. */
  readonly trials?: number;
  /** `[scenario/]method.metric` that trials are ranked by: of one scenario, or the mean over all. */
  readonly metric: string;
  readonly direction: "min" | "max";
  readonly onError: "continue" | "stop";
  /** What asha gives more of to the better trials: rungs min, min eta, min eta^2, ..., max. */
  readonly resource?: {
    readonly key: string;
    readonly min: number;
    readonly max: number;
    readonly eta: number;
  };
}

export interface LocalLaunch {
  readonly kind: "local";
  /** Trials at once, each a process of its own. */
  readonly jobs: number;
}

export interface SlurmLaunch {
  readonly kind: "slurm";
  readonly partition?: string;
  readonly account?: string;
  /** Whole minutes, as Slurm counts. */
  readonly time: number;
  /** Bytes. */
  readonly memory: number;
  readonly cores: number;
  /** Elements of an array that run at once. */
  readonly concurrency: number;
  /** Shell lines before the program, such as modules to load. */
  readonly setup: readonly string[];
}

export type LaunchSpec = LocalLaunch | SlurmLaunch;

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
