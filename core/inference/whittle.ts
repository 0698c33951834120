import { cholesky, dot, lowerSolve, upperSolve } from "../linalg/mod.ts";
import { fold, type Key, normals64 } from "../base/random.ts";

/** The expected periodogram of a window, `noise + sum_b g_b bands[b]`, linear in the gains g_b. */
export interface ExpectedPeriodogram {
  readonly noise: Float64Array;
  readonly bands: readonly Float64Array[];
  /** Number of independent values of the window over twice the number of bins: what one bin counts for. */
  readonly weight: number;
}

/** Log gains of one window with their uncertainty, a Gaussian about the mode of their posterior. */
export interface GainFit {
  readonly logGains: Float64Array;
  /** Lower triangular L of the information `L L^T`, flat [bands, bands]: the covariance is its inverse. */
  readonly factor: Float64Array;
  /** Log likelihood without the prior of the gains, up to a constant. */
  readonly logLikelihood: number;
  readonly steps: number;
}

/** Standard deviation of log gains from one image to another. Chosen on training surveys alone. */
export const TAU = 1.2;

/**
 * A step is clipped at the first value in each log gain. The fit ends when a step promises less than half of the second
 * value in nats, or after the third number of steps.
 */
const LONGEST_STEP = 1, STILL = 1e-5, MOST_STEPS = 60;

/** Value, gradient and Fisher information of the penalised log likelihood at some log gains. */
export interface WhittleScore {
  readonly logLikelihood: number;
  readonly value: number;
  readonly gradient: Float64Array;
  readonly information: Float64Array;
}

/**
 * `-w sum_k (log f_k + I_k / f_k) - |log g|^2 / 2 tau^2` with `f = noise + sum_b g_b bands[b]` (Whittle 1953, Ark. Mat.
 * 2(5)), w the weight of a bin.
 */
export function whittleScore(
  logGains: Float64Array,
  { periodogram, expected: { noise, bands, weight }, tau = TAU }: {
    periodogram: Float64Array;
    expected: ExpectedPeriodogram;
    tau?: number;
  },
): WhittleScore {
  const m = bands.length, gains = logGains.map(Math.exp);
  const gradient = logGains.map((v) => -v / tau ** 2), information = new Float64Array(m * m);
  const parts = new Float64Array(m);
  let logLikelihood = 0;
  for (let k = 0; k < noise.length; k++) {
    let f = noise[k];
    for (let b = 0; b < m; b++) f += parts[b] = gains[b] * bands[b][k];
    const ratio = periodogram[k] / f;
    logLikelihood -= weight * (Math.log(f) + ratio);
    for (let b = 0; b < m; b++) {
      const share = parts[b] / f;
      gradient[b] += weight * (ratio - 1) * share;
      for (let c = 0; c <= b; c++) information[b * m + c] += weight * share * parts[c] / f;
    }
  }
  for (let b = 0; b < m; b++) {
    information[b * m + b] += 1 / tau ** 2;
    for (let c = 0; c < b; c++) information[c * m + b] = information[b * m + c];
  }
  const penalty = logGains.reduce((s, v) => s + v * v, 0) / (2 * tau ** 2);
  return { logLikelihood, value: logLikelihood - penalty, gradient, information };
}

/**
 * The log gains of a window that maximise the penalised likelihood, by Fisher scoring from 0. A step that overshoots is
 * halved: where a periodogram lies far below its expectation, whole steps can go to and fro.
 */
export function fitGains(window: Parameters<typeof whittleScore>[1]): GainFit {
  let logGains = new Float64Array(window.expected.bands.length), score = whittleScore(logGains, window);
  for (let steps = 0;; steps++) {
    const factor = cholesky(score.information), along = lowerSolve(factor, score.gradient);
    if (dot(along, along) < STILL || steps === MOST_STEPS) {
      return { logGains, factor, logLikelihood: score.logLikelihood, steps };
    }
    let step = upperSolve(factor, along).map((s) => Math.min(Math.max(s, -LONGEST_STEP), LONGEST_STEP));
    let next = whittleScore(logGains.map((v, b) => v + step[b]), window);
    while (next.value < score.value) {
      step = step.map((s) => s / 2);
      next = whittleScore(logGains.map((v, b) => v + step[b]), window);
    }
    logGains = logGains.map((v, b) => v + step[b]);
    score = next;
  }
}

/** Standard deviation of each log gain. */
export function gainDeviations({ factor, logGains }: GainFit): Float64Array {
  const m = logGains.length;
  return logGains.map((_, b) => {
    const unit = Float64Array.from({ length: m }, (_, c) => c === b ? 1 : 0);
    return Math.sqrt(lowerSolve(factor, unit).reduce((s, v) => s + v * v, 0));
  });
}

/**
 * Log gains of the windows of `members` equally probable priors, each flat [windows, bands]: draws of their posterior in
 * pairs about its mode; the mode alone where there is one member, and among an odd number.
 */
export function gainMembers(
  fits: readonly GainFit[],
  { members, key }: { members: number; key: Key },
): Float64Array[] {
  const mode = Float64Array.from(fits.flatMap(({ logGains }) => [...logGains]));
  const pairs = Array.from({ length: Math.floor(members / 2) }, (_, p) => {
    const offset = fits.flatMap(({ factor, logGains }, w) => [
      ...upperSolve(factor, normals64(fold(fold(key, p), w), logGains.length)),
    ]);
    return [1, -1].map((sign) => mode.map((v, k) => v + sign * offset[k]));
  });
  return members % 2 === 1 ? [mode, ...pairs.flat()] : pairs.flat();
}
