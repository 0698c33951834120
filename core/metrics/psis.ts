import { Uncomputable } from "../base/uncomputable.ts";

/** Importance weights that sum to 1, with their Pareto shape and effective sample size. */
interface SmoothedWeights {
  readonly weights: Float64Array;
  /** Tail shape of the raw weights; 0 where the tail is flat. */
  readonly kHat: number;
  /** Standard error of kHat, `(1 + k) / sqrt(tail)`; Infinity where there are too few weights to fit a tail. */
  readonly kHatError: number;
  /** `min(1 - 1 / log10(n), 0.7)`: estimates with a larger kHat are not to be trusted. */
  readonly threshold: number;
  /** Effective sample size `1 / sum w^2`. */
  readonly ess: number;
}

/** The fewest weights to which a tail can be fitted. */
const LEAST_TAIL = 5;

/**
 * Pareto smoothed importance sampling (Vehtari, Simpson, Gelman, Yao, Gabry 2024, JMLR 25(72), algorithm 1): the
 * largest `min(n / 5, 3 sqrt n)` weights are replaced by quantiles of a generalised Pareto distribution fitted to
 * them, at most the largest weight. `logWeights` are log target minus log proposal, up to a constant.
 */
export function smoothWeights(logWeights: ArrayLike<number>): SmoothedWeights {
  const n = logWeights.length;
  const most = Array.from(logWeights).reduce((a, b) => Math.max(a, b), -Infinity);
  if (!Number.isFinite(most)) {
    throw new Uncomputable(`The largest log weight is ${most}: it must be a finite number`);
  }
  const raw = Float64Array.from(logWeights, (w) => Math.exp(w - most));
  const order = Array.from(raw.keys()).sort((a, b) => raw[a] - raw[b]);
  const tail = order.slice(n - Math.ceil(Math.min(0.2 * n, 3 * Math.sqrt(n))));
  const cutoff = raw[order[n - tail.length - 1]] ?? 0;
  const excess = Float64Array.from(tail, (i) => raw[i] - cutoff);
  const threshold = Math.min(1 - 1 / Math.log10(n), 0.7);
  if (tail.length < LEAST_TAIL) {
    return { ...normalised(raw), kHat: Infinity, kHatError: Infinity, threshold };
  }
  // Rounding of equal weights is no tail.
  if (excess[excess.length - 1] < 1e-12) return { ...normalised(raw), kHat: 0, kHatError: 0, threshold };
  const { shape, scale } = fitPareto(excess);
  const smoothed = raw.slice();
  tail.forEach((i, rank) => {
    const survival = 1 - (rank + 0.5) / tail.length;
    const quantile = shape === 0 ? -Math.log(survival) : Math.expm1(-shape * Math.log(survival)) / shape;
    smoothed[i] = Math.min(cutoff + scale * quantile, 1);
  });
  const kHatError = (1 + Math.max(shape, 0)) / Math.sqrt(tail.length);
  return { ...normalised(smoothed), kHat: shape, kHatError, threshold };
}

function normalised(weights: Float64Array): { weights: Float64Array; ess: number } {
  const sum = weights.reduce((a, b) => a + b, 0);
  const shares = weights.map((w) => w / sum);
  return { weights: shares, ess: 1 / shares.reduce((s, w) => s + w * w, 0) };
}

/**
 * Shape k and scale of a generalised Pareto distribution for ascending positive values: the mean of
 * `theta = -k / scale` under its profile likelihood and a data-dependent prior, on a grid (Zhang and Stephens 2009,
 * Technometrics 51(3)); k then shrinks to 0.5 as if by ten more values (Vehtari et al. 2024, appendix G).
 */
function fitPareto(values: Float64Array): { shape: number; scale: number } {
  const n = values.length, grid = 30 + Math.floor(Math.sqrt(n));
  const quartile = values[Math.floor(n / 4 + 0.5) - 1] || values[n - 1] / n;
  const thetas = Array.from(
    { length: grid },
    (_, j) => 1 / values[n - 1] + (1 - Math.sqrt(grid / (j + 0.5))) / (3 * quartile),
  );
  const shapeAt = (theta: number) => values.reduce((sum, v) => sum + Math.log1p(-theta * v), 0) / n;
  const profile = thetas.map((theta) => {
    const k = shapeAt(theta);
    return n * (Math.log(-theta / k) - k - 1);
  });
  const posterior = profile.map((likelihood) =>
    1 / profile.reduce((sum, l) => sum + Math.exp(l - likelihood), 0)
  );
  const theta = thetas.reduce((sum, t, j) => sum + t * posterior[j], 0);
  const k = shapeAt(theta);
  return { shape: (n * k + 5) / (n + 10), scale: -k / theta };
}
