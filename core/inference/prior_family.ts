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

/** A way to learn a Gaussian prior from training unknowns. */
export interface GaussianPrior {
  readonly name: string;
  /** `say` gets a sentence about the settings that were chosen. */
  learn(
    images: TrainingImages,
    watch: { signal?: AbortSignal; say: (line: string) => void },
  ): Promise<PriorFamily>;
  /** Numbers of covariances in the family, of amplitudes for each, and of factorizations that learning takes. */
  readonly factors: number;
  readonly amplitudes: number;
  readonly factorizations: number;
}
