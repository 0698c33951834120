import type { Survey } from "../contracts/operator.ts";
import type { NoiseModel, Prior, Summary } from "../contracts/problem.ts";
import { sizeOf } from "../linalg/mod.ts";
import { fold, type Key } from "../random.ts";

/**
 * Unknowns `x` [n, size] and their summaries `y = signal + noise` [n, size], flat. Where the summary is linear
 * the two parts are kept apart, so that training meets every unknown with ever other noise at no further solve;
 * otherwise `noise` is 0.
 */
export interface Pairs {
  readonly n: number;
  readonly x: Float32Array;
  readonly signal: Float32Array;
  readonly noise: Float32Array;
}

/** One synthetic observation and the truth that made it. */
export interface Observation {
  readonly truth: Float32Array;
  /** [sources, ...shotRange], with noise. */
  readonly data: Float32Array;
  readonly summary: Float32Array;
}

export interface Problem {
  readonly prior: Prior;
  readonly survey: Survey;
  readonly noise: NoiseModel;
  readonly summary: Summary;
}

/** RMS of the clean data of `x` [n, size]: what a noise level in dB refers to. */
export async function signalRms(survey: Survey, x: Float32Array): Promise<number> {
  const size = sizeOf(survey.domain);
  let energy = 0, count = 0;
  for (let i = 0; i < x.length / size; i++) {
    const d = await survey.stacked.forward(x.subarray(i * size, (i + 1) * size));
    for (const v of d) energy += v * v;
    count += d.length;
  }
  return Math.sqrt(energy / count);
}

/** Noise of all shots, flat [sources, ...shotRange]; shot i follows (key, i). */
function drawNoise({ survey, noise }: Pick<Problem, "survey" | "noise">, key: Key): Float32Array {
  const shot = sizeOf(survey.shotRange);
  const e = new Float32Array(survey.sources * shot);
  for (let i = 0; i < survey.sources; i++) e.set(noise.sample(fold(key, i), survey.shotRange), i * shot);
  return e;
}

/** `d = J x + e`. */
export async function observe(
  problem: Pick<Problem, "survey" | "noise">,
  x: Float32Array,
  key: Key,
): Promise<Float32Array> {
  const data = new Float32Array(await problem.survey.stacked.forward(x));
  return addTo(data, drawNoise(problem, key));
}

function addTo(a: Float32Array, b: Float32Array): Float32Array {
  for (let i = 0; i < a.length; i++) a[i] += b[i];
  return a;
}

/** Pairs in flight: while one is summarised, the next one's noise is drawn and its waves are solved. */
const LANES = 3;

/** `n` training pairs of a problem; pair i depends on (key, i) alone. `progress` is told the pairs done. */
export async function simulatePairs(
  problem: Problem,
  { key, n, signal: abort, progress }: {
    key: Key;
    n: number;
    signal?: AbortSignal;
    progress?: (done: number) => void;
  },
): Promise<Pairs> {
  const { prior, survey, summary } = problem;
  const size = sizeOf(survey.domain), ySize = sizeOf(summary.space);
  const x = await prior.sample(fold(key, "x"), n);
  const signal = new Float32Array(n * ySize), noise = new Float32Array(n * ySize);
  let next = 0, done = 0;
  const lane = async () => {
    for (let i = next++; i < n; i = next++) {
      abort?.throwIfAborted();
      const forward = survey.stacked.forward(x.subarray(i * size, (i + 1) * size));
      const e = drawNoise(problem, fold(fold(key, "noise"), i));
      const ownNoise = summary.linear ? summary.apply(e) : undefined;
      const clean = new Float32Array(await forward);
      signal.set(await summary.apply(summary.linear ? clean : addTo(clean, e)), i * ySize);
      if (ownNoise) noise.set(await ownNoise, i * ySize);
      progress?.(++done);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return { n, x, signal, noise };
}

/** `n` test observations of a problem. */
export async function simulateObservations(
  problem: Problem,
  { key, n }: { key: Key; n: number },
): Promise<Observation[]> {
  const size = sizeOf(problem.survey.domain);
  const x = await problem.prior.sample(fold(key, "x"), n);
  const observations: Observation[] = [];
  for (let i = 0; i < n; i++) {
    const truth = x.slice(i * size, (i + 1) * size);
    const data = await observe(problem, truth, fold(fold(key, "noise"), i));
    observations.push({ truth, data, summary: await problem.summary.apply(data) });
  }
  return observations;
}
