import { cholesky, dot, lowerSolve, multiplyVector, upperSolve } from "../linalg/mod.ts";
import { fold, type Key, normals64 } from "../base/random.ts";

/** The expected periodogram of a window, `noise + sum_b g_b bands[b]`, linear in the gains g_b. */
export interface ExpectedPeriodogram {
  readonly noise: Float64Array;
  readonly bands: readonly Float64Array[];
  /** Number of independent values of the window over twice the number of bins: what one bin counts for. */
  readonly weight: number;
}

/** A window's periodogram and what it is expected to be. */
export interface WindowPeriodogram {
  readonly periodogram: Float64Array;
  readonly expected: ExpectedPeriodogram;
}

/** Log gains with their uncertainty, a Gaussian about the mode of their posterior. */
export interface GainFit {
  /** Flat [windows, bands]. */
  readonly logGains: Float64Array;
  /** Lower triangular L of the information `L L^T` about all log gains: their covariance is its inverse. */
  readonly factor: Float64Array;
  /** Log likelihood of the gains, up to a constant. */
  readonly logLikelihood: number;
  readonly steps: number;
}

/** Value, gradient and Fisher information of a log likelihood, the last flat [n, n]. */
interface Score {
  readonly value: number;
  readonly gradient: Float64Array;
  readonly information: Float64Array;
}

/**
 * The log likelihood of the log gains of one window, `-w sum_k (log f_k + I_k / f_k)` with `f = noise + sum_b g_b bands[b]`
 * (Whittle 1953, Ark. Mat. 2(5)), I the periodogram and w the weight of a bin.
 */
export function whittleScore(
  logGains: Float64Array,
  { periodogram, expected: { noise, bands, weight } }: WindowPeriodogram,
): Score {
  const m = bands.length, gains = logGains.map(Math.exp), parts = new Float64Array(m);
  const gradient = new Float64Array(m), information = new Float64Array(m * m);
  let value = 0;
  for (let k = 0; k < noise.length; k++) {
    let f = noise[k];
    for (let b = 0; b < m; b++) f += parts[b] = gains[b] * bands[b][k];
    const ratio = periodogram[k] / f;
    value -= weight * (Math.log(f) + ratio);
    for (let b = 0; b < m; b++) {
      const share = weight * parts[b] / f;
      gradient[b] += (ratio - 1) * share;
      for (let c = 0; c <= b; c++) information[b * m + c] += share * parts[c] / f;
    }
  }
  for (let b = 0; b < m; b++) {
    for (let c = 0; c < b; c++) information[c * m + b] = information[b * m + c];
  }
  return { value, gradient, information };
}

/** The log likelihood of all windows' log gains, as of independent windows, less `g^T precision g / 2`. */
export function penalisedScore(
  logGains: Float64Array,
  { windows, precision }: { windows: readonly WindowPeriodogram[]; precision: Float64Array },
): Score & { readonly logLikelihood: number } {
  const m = logGains.length, bands = m / windows.length, pull = multiplyVector(precision, logGains);
  const gradient = pull.map((v) => -v), information = precision.slice();
  let logLikelihood = 0;
  windows.forEach((window, w) => {
    const from = w * bands, score = whittleScore(logGains.subarray(from, from + bands), window);
    logLikelihood += score.value;
    score.gradient.forEach((v, b) => gradient[from + b] += v);
    score.information.forEach((v, k) =>
      information[(from + Math.floor(k / bands)) * m + from + k % bands] += v
    );
  });
  return { value: logLikelihood - dot(logGains, pull) / 2, logLikelihood, gradient, information };
}

/**
 * A step is clipped at the first value in each log gain. The fit ends when a step promises less than half of the second
 * value in nats, or after the third number of steps.
 */
const LONGEST_STEP = 1, STILL = 1e-3, MOST_STEPS = 60;

/**
 * The log gains that maximise the penalised likelihood, by Fisher scoring from 0. A step that overshoots is halved: where
 * a periodogram lies far below its expectation, whole steps can go to and fro.
 */
export function fitGains(problem: Parameters<typeof penalisedScore>[1]): GainFit {
  let logGains = new Float64Array(Math.sqrt(problem.precision.length));
  let score = penalisedScore(logGains, problem);
  for (let steps = 0;; steps++) {
    const factor = cholesky(score.information), along = lowerSolve(factor, score.gradient);
    if (dot(along, along) < STILL || steps === MOST_STEPS) {
      return { logGains, factor, logLikelihood: score.logLikelihood, steps };
    }
    let step = upperSolve(factor, along).map((s) => Math.min(Math.max(s, -LONGEST_STEP), LONGEST_STEP));
    let next = penalisedScore(logGains.map((v, b) => v + step[b]), problem);
    while (next.value < score.value) {
      step = step.map((s) => s / 2);
      next = penalisedScore(logGains.map((v, b) => v + step[b]), problem);
    }
    logGains = logGains.map((v, b) => v + step[b]);
    score = next;
  }
}

/** Standard deviation of each log gain. */
export function gainDeviations({ factor, logGains }: GainFit): Float64Array {
  return logGains.map((_, b) => {
    const unit = logGains.map((_, c) => c === b ? 1 : 0), along = lowerSolve(factor, unit);
    return Math.sqrt(dot(along, along));
  });
}

/**
 * Log gains of `members` equally probable priors, each flat [windows, bands]: draws of their posterior in pairs about its
 * mode; the mode alone where there is one member, and among an odd number.
 */
export function gainMembers(
  { logGains, factor }: GainFit,
  { members, key }: { members: number; key: Key },
): Float64Array[] {
  const pairs = Array.from({ length: Math.floor(members / 2) }, (_, p) => {
    const offset = upperSolve(factor, normals64(fold(key, p), logGains.length));
    return [1, -1].map((sign) => logGains.map((v, k) => v + sign * offset[k]));
  });
  return members % 2 === 1 ? [logGains, ...pairs.flat()] : pairs.flat();
}
