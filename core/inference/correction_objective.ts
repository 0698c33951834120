import type { Params } from "../contracts/flow.ts";
import { fold } from "../base/random.ts";
import type { CorrectionOptions, CorrectionProblem } from "./correction_task.ts";
import { latents } from "./draw.ts";
import type { FittedCorrection } from "./fitted_correction.ts";
import type { LatentValues } from "./latent_target.ts";
import { type EncodedLikelihoods, encodedLikelihoods } from "./likelihood.ts";

/** The objective of a fitted correction, and the parameters at its start. The caller owns the tensors. */
export interface Objective<F extends FittedCorrection = FittedCorrection> {
  readonly start: Params;
  /**
   * The stochastic gradient of a step. It comes with one-source estimates of the objective and of `-log p(d | x)`.
   */
  gradientAt(params: Params, step: number): Promise<{ gradient: Params; misfit: number; objective: number }>;
  /** The correction with these parameters. It shares their tensors. */
  fitted(params: Params): F;
  /** The misfit of the held-out sources. Absent if no source is held out. */
  readonly heldOut?: EncodedLikelihoods["heldOut"];
}

/** The likelihoods of the encoded sources of an observation, and of its held-out sources. */
export function likelihoodsOf(
  { survey, noise, observation: { data } }: CorrectionProblem,
  { settings: { encoding, holdout }, key }: Pick<CorrectionOptions, "settings" | "key">,
): EncodedLikelihoods {
  return encodedLikelihoods({ survey, noise }, { data, encoding, holdout, key: fold(key, "encodings") });
}

/** The prior of `target: posterior`. With `target: latent` the amortized posterior is the prior: undefined. */
export function priorOf(
  { prior }: CorrectionProblem,
  { settings: { target } }: Pick<CorrectionOptions, "settings">,
): CorrectionProblem["prior"] | undefined {
  return target === "posterior" ? prior : undefined;
}

/** Latent normals [n, size] of a step; `antithetic`: the second half is minus the first; `mode`: all 0. */
export function drawsOf(
  size: number,
  { settings: { samples: n, antithetic }, key, mode }: Pick<CorrectionOptions, "settings" | "key" | "mode">,
): (step: number) => Float32Array {
  return (step) => {
    if (mode) return new Float32Array(n * size);
    const stepKey = fold(fold(key, "z"), step);
    if (!antithetic) return latents(stepKey, { from: 0, n, size });
    const half = latents(stepKey, { from: 0, n: n / 2, size }), both = new Float32Array(n * size);
    both.set(half);
    both.set(half.map((v) => -v), half.length);
    return both;
  };
}

/** Means over the latents of a step. */
export function estimates({ misfits, values }: LatentValues): { misfit: number; objective: number } {
  return { misfit: mean(misfits), objective: -mean(values) };
}

function mean(values: Float64Array): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}
