/** What a run may use of its machine. */
export interface Resources {
  readonly workers: number;
  /** Bytes of memory for background wavefields. */
  readonly memory: number;
  /** A folder for the wavefields that do not fit, and the largest number of bytes in it. */
  readonly scratch?: { readonly folder: string; readonly bytes: number };
}

/**
 * Whether background wavefields are kept in memory, kept in a file, or solved again each time, and the bytes that
 * they take.
 */
export interface WavefieldPlan {
  readonly where: "memory" | "file" | "recompute";
  readonly bytes: number;
}

/** The cost of an operator. It is computed from the options, before the operator is built. */
export interface OperatorCost {
  /** Padded grid cells times time steps of one solve. */
  readonly cellSteps: number;
  /** Where the background wavefields of all sources go on a machine. */
  wavefields(resources: Resources): WavefieldPlan;
  /** Absent where J cannot be made an explicit matrix. */
  readonly assembly?: AssemblyCost;
}

/**
 * The cost of computing J as an explicit matrix. With `instead`, the operator is that matrix, and single shots cost
 * no solve.
 */
export interface AssemblyCost {
  readonly solves: number;
  readonly instead: boolean;
  /** The two sides of the matrix: the free unknowns, and approximately the kept samples of all traces and sources. */
  readonly cells: number;
  readonly kept: number;
  /** Multiplications and additions that are not part of a solve. */
  readonly flops: number;
  /** Bytes in memory at once while the matrices are computed, and bytes of the matrices that are kept. */
  readonly bytes: number;
  readonly matrices: number;
}

/**
 * The cost of one application of a summary: solves per source. A linear summary is applied to signal and noise
 * separately.
 */
export interface SummaryCost {
  readonly solves: number;
  readonly linear: boolean;
  /** Whether the summary is an image of the unknown. Such an image is also judged as a method. */
  readonly image: boolean;
  /** The prior of the Gaussian posterior that the summary is computed from; absent if it uses none. */
  readonly gaussian?: string;
  /**
   * When the prior is estimated from the observation: `already` in the summary itself, `again` when a correction
   * recomputes the summary. Absent if it never is.
   */
  readonly adapts?: "again" | "already";
}

/** The cost of a flow: multiplications and additions of `forward` for one sample. */
export interface FlowCost {
  readonly flops: number;
}

/**
 * The cost of a correction, by what it changes. `fitted` is false if it has no parameters to fit; it then takes no
 * step of a fit. A summary that is computed again takes the solves of the summary and the moments under `prior`. `pool`
 * is the fraction of the samples that are drawn from the Gaussian posterior of the summary.
 */
export type CorrectionCost =
  | { readonly changes: "latents"; readonly fitted: boolean }
  | { readonly changes: "weights"; readonly fitted: true }
  | {
    readonly changes: "summary";
    readonly fitted: false;
    readonly prior: string;
    readonly pool: number;
  };
