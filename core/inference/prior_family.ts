import type { Tiled } from "../linalg/mod.ts";

/**
 * Zero-mean Gaussian priors over the free cells, equally probable, of covariance `a^2 L L^T`: each L with every
 * amplitude a. A family of one is an ordinary Gaussian prior.
 */
export type PriorFamily = readonly { readonly factor: Tiled; readonly amplitudes: readonly number[] }[];

/** Training unknowns, flat [n, size], and those held out, with their shape and the mask of the free cells. */
export interface TrainingImages {
  readonly training: Float32Array;
  readonly heldOut: Float32Array;
  readonly shape: readonly number[];
  readonly mask: Float32Array;
}

/** The dense work of a Gaussian prior. */
export interface GaussianWork {
  /** Numbers of covariances in the family, of amplitudes for each, and of factorizations that learning takes. */
  readonly factors: number;
  readonly amplitudes: number;
  readonly factorizations: number;
  /** Number of covariances that each observation factors anew, because its data tell them. */
  readonly eliminations: number;
  /** Number of images that are multiplied by the Hessian once for each spectrum of noise, to simulate data. */
  readonly simulations: number;
}

/** A way to learn a family of Gaussian priors from training unknowns. */
export interface FamilyPrior extends GaussianWork {
  readonly name: string;
  learn(images: TrainingImages, watch: Watch): Promise<PriorFamily>;
}

export interface Watch {
  readonly signal?: AbortSignal;
  /** Gets a sentence about the settings that were chosen. */
  readonly say: (line: string) => void;
}
