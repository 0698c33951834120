import { fold, type Key, uniforms } from "../base/random.ts";
import { logGamma } from "./gamma.ts";

/** A test's statistic and p-value; `error` is the p-value's Monte-Carlo standard error. */
export interface TestResult {
  readonly statistic: number;
  readonly pValue: number;
  readonly error: number;
}

/** Two tests of one set of ranks: by bins, and by the largest departure of their distribution function. */
export interface Uniformity {
  readonly chiSquare: TestResult;
  readonly envelope: TestResult;
}

/** Cells at whose edges the distribution function is compared, at most. */
const MOST_CELLS = 100;
/** Bins of the chi-square statistic: five ranks each, at most 20. */
const PER_BIN = 5, MOST_BINS = 20;

/**
 * Prepares tests of `count` independent integers for uniformity on 0..outcomes-1:
 * `chiSquare`, `sum (observed - expected)^2 / expected` over bins (Talts et al. 2018, sec. 5.1);
 * `envelope`, the least two-sided binomial tail probability of the empirical distribution function over its
 * points (Sailynoja, Buerkner, Vehtari 2022, sec. 3): a p-value below 0.05 leaves the 95 % simultaneous envelope.
 * Both are compared with `draws` simulated uniform sets, so the p-values hold for any count, and are at least
 * `1 / (draws + 1)`.
 */
export function uniformityTest(
  { count, outcomes, key, draws = 999 }: { count: number; outcomes: number; key: Key; draws?: number },
): (ranks: ArrayLike<number>) => Uniformity {
  const cells = Math.min(outcomes, MOST_CELLS);
  const bins = Math.min(MOST_BINS, cells, Math.max(2, Math.floor(count / PER_BIN)));
  const fine = edgesOf(outcomes, cells), coarse = edgesOf(outcomes, bins);
  const tails = fine.slice(1, -1).map((edge) => binomialTails(count, edge / outcomes));
  const statistics = (ranks: ArrayLike<number>) => {
    const below = countsBelow(ranks, outcomes);
    return { chiSquare: chiSquare(below, coarse), envelope: -leastTail(below, fine, tails) };
  };
  const none = Array.from({ length: draws }, (_, k) => {
    const u = uniforms(fold(key, k), count);
    return statistics(u.map((v) => Math.floor(v * outcomes)));
  });
  const compare = (name: "chiSquare" | "envelope", statistic: number) =>
    monteCarloTest(statistic, none.map((s) => s[name]));
  return (ranks) => {
    const { chiSquare, envelope } = statistics(ranks);
    return { chiSquare: compare("chiSquare", chiSquare), envelope: compare("envelope", envelope) };
  };
}

/**
 * p-value `(1 + #{null >= statistic}) / (1 + n)` of a statistic that is large where the hypothesis is wrong, among n
 * draws of it under the hypothesis (Davison and Hinkley 1997, Bootstrap Methods, sec. 4.2): valid at any n.
 */
export function monteCarloTest(statistic: number, none: ArrayLike<number>): TestResult {
  // Statistics that are equal but for rounding count as equal.
  const least = statistic - 1e-9 * Math.abs(statistic);
  let larger = 0;
  for (let k = 0; k < none.length; k++) if (none[k] >= least) larger++;
  const pValue = (1 + larger) / (1 + none.length);
  return { statistic, pValue, error: Math.sqrt(pValue * (1 - pValue) / none.length) };
}

/** p-value of "at least one of these tests rejects", valid however they depend on each other (Bonferroni). */
export function bonferroni(pValues: readonly number[]): number {
  return Math.min(1, pValues.length * Math.min(...pValues));
}

/** `parts + 1` integers from 0 to `outcomes`, as evenly as can be. */
function edgesOf(outcomes: number, parts: number): number[] {
  return Array.from({ length: parts + 1 }, (_, k) => Math.round(k * outcomes / parts));
}

/** How many ranks lie below each of 0..outcomes. */
function countsBelow(ranks: ArrayLike<number>, outcomes: number): Uint32Array {
  const below = new Uint32Array(outcomes + 1);
  for (let i = 0; i < ranks.length; i++) below[ranks[i] + 1]++;
  for (let k = 1; k <= outcomes; k++) below[k] += below[k - 1];
  return below;
}

function chiSquare(below: Uint32Array, edges: readonly number[]): number {
  const outcomes = below.length - 1, count = below[outcomes];
  let sum = 0;
  for (let k = 1; k < edges.length; k++) {
    const expected = count * (edges[k] - edges[k - 1]) / outcomes;
    sum += (below[edges[k]] - below[edges[k - 1]] - expected) ** 2 / expected;
  }
  return sum;
}

function leastTail(below: Uint32Array, edges: readonly number[], tails: readonly Float64Array[]): number {
  let least = 1;
  tails.forEach((tail, k) => least = Math.min(least, tail[below[edges[k + 1]]]));
  return least;
}

/** Bounds of a distribution function of `count` uniform integers at one point, as fractions of the count. */
export interface Band {
  readonly at: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Simultaneous 95 % envelope of the empirical distribution function of `count` integers uniform on 0..outcomes-1: the
 * function of uniform ones stays in it at every point nineteen times in twenty (Sailynoja, Buerkner, Vehtari 2022).
 */
export function uniformEnvelope(
  { count, outcomes, key, draws = 999 }: { count: number; outcomes: number; key: Key; draws?: number },
): Band[] {
  const edges = edgesOf(outcomes, Math.min(outcomes, MOST_CELLS));
  const tails = edges.slice(1, -1).map((edge) => binomialTails(count, edge / outcomes));
  const least = Float64Array.from({ length: draws }, (_, k) => {
    const ranks = uniforms(fold(key, k), count).map((v) => Math.floor(v * outcomes));
    return leastTail(countsBelow(ranks, outcomes), edges, tails);
  }).sort();
  const limit = least[Math.floor(0.05 * draws)];
  const inner = tails.map((tail, k) => {
    const low = tail.findIndex((p) => p >= limit), high = tail.findLastIndex((p) => p >= limit);
    return { at: edges[k + 1] / outcomes, low: low / count, high: high / count };
  });
  return [{ at: 0, low: 0, high: 0 }, ...inner, { at: 1, low: 1, high: 1 }];
}

/** `2 min(P(B <= c), P(B >= c))` for c = 0..n and B ~ Binomial(n, p), 0 < p < 1; at most 1. */
function binomialTails(n: number, p: number): Float64Array {
  const mass = Float64Array.from(
    { length: n + 1 },
    (_, c) =>
      Math.exp(
        logGamma(n + 1) - logGamma(c + 1) - logGamma(n - c + 1) + c * Math.log(p) + (n - c) * Math.log1p(-p),
      ),
  );
  const tails = new Float64Array(n + 1).fill(1);
  for (let c = 0, sum = 0; c <= n; c++) tails[c] = Math.min(tails[c], 2 * (sum += mass[c]));
  for (let c = n, sum = 0; c >= 0; c--) tails[c] = Math.min(tails[c], 2 * (sum += mass[c]));
  return tails;
}
