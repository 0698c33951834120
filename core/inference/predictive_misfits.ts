import { dot } from "../linalg/mod.ts";
import { sizeOf } from "../base/shape.ts";
import type { Simulator } from "../contracts/problem.ts";
import { fold, type Key } from "../base/random.ts";
import { likelihoodOf, whiteResidual } from "./likelihood.ts";
import type { Problem } from "./simulate.ts";
import { whitenerOf } from "../linalg/mod.ts";

type Model = Pick<Problem, "survey" | "noise">;

/** Law of `T = |W e|^2`, e the noise of all shots: `scale` times a chi-square variable. */
export interface NoiseLaw {
  readonly degreesOfFreedom: number;
  readonly scale: number;
}

/** Values of noise that a law is fitted to, and shots at least and at most. */
const VALUES = 2 ** 21, LEAST = 64, MOST = 4096;

/**
 * The law of the whitened energy of a noise model's own draws: replicated data differ from `J x` by noise alone, so
 * this is the distribution of `T(d_rep, x)` for every x. The mean is exact; the variance is that of simulated shots,
 * since whitening with a floor, or by a likelihood that is not the noise's own, leaves no exact chi-square.
 */
export function noiseLaw({ survey, noise }: Model, key: Key): NoiseLaw {
  const { shotRange, sources } = survey, size = sizeOf(shotRange), whiten = whitenerOf({ survey, noise });
  const n = Math.min(MOST, Math.max(LEAST, Math.floor(VALUES / size)));
  const energies = Array.from({ length: n }, (_, k) => {
    const white = whiten(noise.sample(fold(key, k), shotRange));
    return dot(white, white);
  });
  const mean = noise.degreesOfFreedom(shotRange);
  const variance = energies.reduce((sum, e) => sum + (e - mean) ** 2, 0) / n;
  return { degreesOfFreedom: sources * 2 * mean ** 2 / variance, scale: variance / (2 * mean) };
}

/** Most unknowns, and bytes of data, in one call of the operator. */
const SEVERAL = 8, BYTES = 64 * 2 ** 20;

/** `T(d, x) = 2 misfit` of samples, flat [n, size]: `|W (J x - d)|^2`, or `-2 log p(d | x)` of a simulator. */
export async function misfitsOf(
  model: Model,
  { samples, data }: { samples: Float32Array; data: Float32Array },
): Promise<Float64Array> {
  const { survey } = model, size = sizeOf(survey.domain), n = samples.length / size;
  if (survey.simulator) {
    const { values } = await likelihoodOf(model, data).misfit(samples, n);
    return values.map((v) => 2 * v);
  }
  const several = Math.max(1, Math.min(SEVERAL, Math.floor(BYTES / 4 / data.length)));
  const out = new Float64Array(n);
  for (let at = 0; at < n; at += several) {
    const count = Math.min(several, n - at);
    const x = samples.subarray(at * size, (at + count) * size);
    out.set((await whiteResidual(model, { operator: survey.stacked, data, x, count })).energies, at);
  }
  return out;
}

/** `T(d_rep, x)` of samples, flat [n, size], each beside data that the simulator draws for it. */
export function replicatedMisfits(
  simulator: Simulator,
  { samples, size, key }: { samples: Float32Array; size: number; key: Key },
): Float64Array {
  return Float64Array.from({ length: samples.length / size }, (_, k) => {
    const x = samples.subarray(k * size, (k + 1) * size);
    return -2 * simulator.logLikelihood(x, simulator.sample(fold(key, k), x)).value;
  });
}
