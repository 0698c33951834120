/** What an operator costs, told from its options before it is built. */
export interface OperatorCost {
  /** Shape of the unknown, and of one source's data. */
  readonly domain: readonly number[];
  readonly shotRange: readonly number[];
  readonly sources: number;
  /** Padded grid cells times time steps of one solve. */
  readonly cellSteps: number;
  /** Bytes of one source's background wavefield, and of all that are kept at most. */
  readonly backgroundBytes: number;
  readonly cacheBytes: number;
  /** Bytes of the explicit matrices that a dense posterior is built from; absent where there are none. */
  readonly assembledBytes?: number;
}

/** What one application of a summary costs: solves per source. */
export interface SummaryCost {
  readonly solves: number;
}

/** What a flow costs: multiplications and additions of `forward` for one sample. */
export interface FlowCost {
  readonly flops: number;
}

/** Whether a correction has anything to fit; one that has not takes no solve. */
export interface CorrectionCost {
  readonly fitted: boolean;
}
