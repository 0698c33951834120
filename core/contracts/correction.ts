import type { Tensor } from "../engine/mod.ts";
import type { Key } from "../base/random.ts";
import type { Params } from "./flow.ts";
import type { Summary } from "./problem.ts";
import type { Vector } from "./vector.ts";

/**
 * A change of the amortized posterior `x = f^-1(z; y)` that is fitted to one observation. It changes the latents z,
 * the weights of f, or the summary y, and leaves the two others as they are.
 */
export type Correction = LatentCorrection | WeightCorrection | SummaryCorrection;

/** A bijection of latent space, `z' = T(z)`; the identity at the start. */
export interface LatentCorrection {
  readonly changes: "latents";
  /** Parameters of the identity for latents of a shape. Nothing is fitted if there are none. */
  init(key: Key, shape: readonly number[]): Params;
  /** `z'` [n, ...shape] and logdet [n] of dz'/dz. */
  apply(params: Params, z: Tensor): { z: Tensor; logdet: Tensor };
  /** Gradient of `mean_n(L(z'_n) - logdet_n)` given `dL/dz'` [n, ...shape]. */
  gradient(params: Params, z: Tensor, dz: Tensor): Params;
  /** `d log q/dz'` at z' = T(z), q the density of T(z) for normal z, flat [n, size]. */
  score(params: Params, z: Tensor): Promise<Float32Array>;
}

/** Weights of the flow that are fitted to the observation. Their gradient is the flow's own. */
export interface WeightCorrection {
  readonly changes: "weights";
  /** The weights at the start of the fit, in new tensors. */
  init(trained: Params): Params;
}

/** A summary that is computed again under a prior that is estimated from the observation's data. */
export interface SummaryCorrection {
  readonly changes: "summary";
  /** Throws if the summary has no prior that could be estimated. */
  adapt(
    problem: { readonly summary: Summary; readonly observation: { readonly data: Vector } },
    options: { readonly key: Key },
  ): Promise<AdaptedSummary>;
}

export interface AdaptedSummary {
  /** The summary that the flow is conditioned on, flat, in place of the observation's. */
  readonly summary: Float32Array;
  /** Absent if all samples are the flow's. */
  readonly pool?: SamplePool;
}

/** Samples of another posterior, flat [count, size of x]. They replace a fraction `share` of the flow's samples. */
export interface SamplePool {
  readonly share: number;
  readonly samples: Float32Array;
}
