/** What a run may use of its machine. */
export interface Resources {
  readonly workers: number;
  /** Bytes of memory for background wavefields. */
  readonly memory: number;
  /** A folder for those that do not fit, and the bytes that may go there. */
  readonly scratch?: { readonly folder: string; readonly bytes: number };
}

/** Background wavefields are kept in memory or in a file, or solved again each time; and the bytes that takes. */
export interface WavefieldPlan {
  readonly where: "memory" | "file" | "recompute";
  readonly bytes: number;
}

/** What an operator costs, told from its options before it is built. */
export interface OperatorCost {
  /** Padded grid cells times time steps of one solve. */
  readonly cellSteps: number;
  /** Where the background wavefields of all sources go on a machine. */
  wavefields(resources: Resources): WavefieldPlan;
  /** Absent where J cannot be made an explicit matrix. */
  readonly assembly?: AssemblyCost;
}

/** What it takes to make J an explicit matrix; `instead`: that matrix is the operator, and single shots cost no solve. */
export interface AssemblyCost {
  readonly solves: number;
  readonly instead: boolean;
  /** Sides of the matrix: unknowns that are free, and about how many samples of all traces and sources are kept. */
  readonly cells: number;
  readonly kept: number;
  /** Multiplications and additions besides the solves. */
  readonly flops: number;
  /** Of what is in memory at once while they are made, and of the matrices where they are kept. */
  readonly bytes: number;
  readonly matrices: number;
}

/** What one application of a summary costs: solves per source; a linear one is applied to signal and noise apart. */
export interface SummaryCost {
  readonly solves: number;
  readonly linear: boolean;
  /** Whether it is an image of the unknown, which is judged as a method too. */
  readonly image: boolean;
  /** The Gaussian posterior of its operator and noise that it needs, by its prior. */
  readonly gaussian?: "learned" | "hierarchical";
  /** Whether an observation's own data can tell its prior: when it is taken again, or already. */
  readonly adapts?: "again" | "already";
}

/** What a flow costs: multiplications and additions of `forward` for one sample. */
export interface FlowCost {
  readonly flops: number;
}

/** Whether a correction has anything to fit; one that has not takes no solve. */
export interface CorrectionCost {
  readonly fitted: boolean;
  /** What it changes instead of the latents. */
  readonly changes?: "summary" | "weights";
  /** Share of the samples that are the summary's own Gaussian posterior's. */
  readonly pool?: number;
}
