import type { AdaptedSummary, Correction, LatentCorrection, SamplePool } from "../contracts/correction.ts";
import type { Params } from "../contracts/flow.ts";
import type { Tensor } from "../engine/mod.ts";
import { type Key, uniforms } from "../base/random.ts";

/** What the fit of a {@link Correction} gives: a map of latents, weights of the flow, or a summary. */
export type FittedCorrection = FittedLatents | FittedWeights | FittedSummary;

/** A map of latents T with its fitted parameters. */
export interface FittedLatents {
  readonly changes: "latents";
  readonly correction: LatentCorrection;
  readonly params: Params;
}

/** All weights of the flow, fitted. */
export interface FittedWeights {
  readonly changes: "weights";
  readonly weights: Params;
}

export interface FittedSummary extends AdaptedSummary {
  readonly changes: "summary";
}

/** The correction as one of latents. Throws if it changes something else. */
export function latentCorrection(correction: Correction): LatentCorrection {
  if (correction.changes === "latents") return correction;
  throw new Error(
    `This needs a correction of the latents, and the correction changes the ${correction.changes}.`,
  );
}

/** The parts of the posterior of one observation that a correction may change. */
interface PosteriorParts {
  /** T(z), [n, ...]. */
  move(z: Tensor): Tensor;
  readonly weights: Params;
  readonly summary: Float32Array;
  readonly pool?: SamplePool;
}

/** The parts of the amortized posterior, with the one that a correction changes in its place. */
export function correctedParts(amortized: PosteriorParts, fitted?: FittedCorrection): PosteriorParts {
  switch (fitted?.changes) {
    case "latents":
      return { ...amortized, move: (z) => fitted.correction.apply(fitted.params, z).z };
    case "weights":
      return { ...amortized, weights: fitted.weights };
    case "summary":
      return { ...amortized, summary: fitted.summary, pool: fitted.pool };
    case undefined:
      return amortized;
  }
}

/**
 * For each of `n` samples of the flow the sample of the pool, [size], that replaces it; undefined where the flow's sample
 * stays. The pool's samples are used in their order, and again from the first one after the last.
 */
export function pooledSamples(
  { share, samples }: SamplePool,
  { key, n, size }: { key: Key; n: number; size: number },
): (Float32Array | undefined)[] {
  let next = 0;
  return Array.from(uniforms(key, n), (chance) => {
    if (chance >= share) return undefined;
    const from = next++ * size % samples.length;
    return samples.subarray(from, from + size);
  });
}
