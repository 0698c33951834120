import type { Survey } from "../contracts/operator.ts";
import type { NoiseModel, Prior, Summary } from "../contracts/problem.ts";
import { sizeOf } from "../base/shape.ts";
import { fold, type Key } from "../base/random.ts";

/**
 * Unknowns `x` [n, size] and their summaries `y = signal + noise` [n, size], flat. The two parts of a linear summary
 * are stored separately, so that training combines every unknown with other noise without a solve. `noise` is 0 if the
 * summary is not linear or a simulator makes the data.
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

/** Clean data of `count` unknowns: `J x`, or `F(x) - F(0)` where the survey's data are nonlinear. */
async function cleanData(survey: Survey, x: Float32Array, count = 1): Promise<Float32Array> {
  const { nonlinear, nonlinearData, stacked } = survey;
  if (!nonlinear || !nonlinearData) return new Float32Array(await stacked.forward(x, count));
  const withBackground = new Float32Array(x.length + x.length / count);
  withBackground.set(x);
  const data = new Float32Array(await nonlinear.forward(withBackground, count + 1));
  const size = data.length / (count + 1), background = data.subarray(count * size);
  return data.slice(0, count * size).map((v, i) => v - background[i % size]);
}

/** RMS of the clean data of `x` [n, size]: what a noise level in dB refers to; a simulator has none. */
export async function signalRms(survey: Survey, x: Float32Array): Promise<number> {
  if (survey.simulator) return NaN;
  const size = sizeOf(survey.domain);
  let energy = 0, count = 0;
  for (let i = 0; i < x.length / size; i++) {
    const d = await cleanData(survey, x.subarray(i * size, (i + 1) * size));
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

/** `d = J x + e`, or what the survey makes of x in place of J x; a simulator's own draw. */
export async function observe(
  problem: Pick<Problem, "survey" | "noise">,
  x: Float32Array,
  key: Key,
): Promise<Float32Array> {
  const { simulator } = problem.survey;
  if (simulator) return simulator.sample(key, x);
  return addTo(await cleanData(problem.survey, x), drawNoise(problem, key));
}

function addTo(a: Float32Array, b: Float32Array): Float32Array {
  for (let i = 0; i < a.length; i++) a[i] += b[i];
  return a;
}

/**
 * Number of calls at work at once: while one batch is summarised, the noise of the next is drawn and its waves are
 * solved.
 */
const LANES = 3;

/** Pairs of one call of the operator, and the bytes of data that it may make. */
const MOST_PAIRS = 8, MOST_BYTES = 64 * 2 ** 20;

/** The unknowns of the first `n` training pairs, flat [n, size]. */
export function drawUnknowns(
  { prior }: Pick<Problem, "prior">,
  { key, n }: { key: Key; n: number },
): Promise<Float32Array> {
  return prior.sample(fold(key, "x"), n);
}

/**
 * Simulates `n` training pairs of a problem, from pair `from` on. Pair i depends on (key, i) alone. `unknowns` are
 * the unknowns of all pairs, if they are already drawn. `progress` is called with the number of pairs that are done.
 */
export async function simulatePairs(
  problem: Problem,
  { key, n, from = 0, unknowns, signal: abort, progress }: {
    key: Key;
    n: number;
    from?: number;
    unknowns?: Float32Array;
    signal?: AbortSignal;
    progress?: (done: number) => void;
  },
): Promise<Pairs> {
  const { survey, summary } = problem, { simulator } = survey;
  const apart = summary.linear && !simulator; // a simulator's data are no sum of signal and noise
  const size = sizeOf(survey.domain), ySize = sizeOf(summary.space), dataSize = sizeOf(survey.stacked.range);
  const x = (unknowns ?? await drawUnknowns(problem, { key, n: from + n })).slice(
    from * size,
    (from + n) * size,
  );
  const signal = new Float32Array(n * ySize), noise = new Float32Array(n * ySize);
  const several = Math.max(1, Math.min(MOST_PAIRS, Math.floor(MOST_BYTES / 4 / dataSize)));
  let next = 0, done = 0;
  const lane = async () => {
    for (let i = next; i < n; i = next) {
      abort?.throwIfAborted();
      const count = Math.min(several, n - i);
      next += count;
      const forward = simulator
        ? undefined
        : cleanData(survey, x.subarray(i * size, (i + count) * size), count);
      const e = new Float32Array(count * dataSize);
      for (let k = 0; k < count; k++) {
        const noiseKey = fold(fold(key, "noise"), from + i + k), at = (i + k) * size;
        e.set(
          simulator?.sample(noiseKey, x.subarray(at, at + size)) ?? drawNoise(problem, noiseKey),
          k * dataSize,
        );
      }
      const ownNoise = apart ? summary.apply(e, count) : undefined;
      const clean = await forward;
      const data = !clean ? e : apart ? clean : addTo(clean, e);
      signal.set(await summary.apply(data, count), i * ySize);
      if (ownNoise) noise.set(await ownNoise, i * ySize);
      progress?.(done += count);
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
  const observations: Observation[] = [], unknowns = await drawUnknowns(problem, { key, n });
  for (let i = 0; i < n; i++) observations.push(await simulateObservation(problem, { key, i, unknowns }));
  return observations;
}

/** Test observation `i` of a problem, which depends on (key, i) alone; `unknowns` as of {@link simulatePairs}. */
export async function simulateObservation(
  problem: Problem,
  { key, i, unknowns }: { key: Key; i: number; unknowns?: Float32Array },
): Promise<Observation> {
  const size = sizeOf(problem.survey.domain);
  const x = unknowns ?? await drawUnknowns(problem, { key, n: i + 1 });
  const truth = x.slice(i * size, (i + 1) * size);
  const data = await observe(problem, truth, fold(fold(key, "noise"), i));
  return { truth, data, summary: await problem.summary.apply(data) };
}
