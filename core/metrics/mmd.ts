import type { Vector } from "../contracts/vector.ts";
import { fold, type Key, permutation } from "../base/random.ts";
import { Uncomputable } from "../base/uncomputable.ts";
import { needSamples } from "./metric.ts";
import { summarise } from "./summarise.ts";
import { monteCarloTest, type TestResult } from "./uniformity.ts";

/** Two sets of samples, flat [n, size] and [m, size]. */
export interface SamplePair {
  readonly x: Vector;
  readonly y: Vector;
  readonly size: number;
}

/** The squared discrepancy is `statistic`, with standard error `spread` where the distributions differ. */
interface Mmd extends TestResult {
  readonly spread: number;
}

/**
 * Squared maximum mean discrepancy of two sample sets, the unbiased U-statistic
 * `mean k(x, x') + mean k(y, y') - 2 mean k(x, y)` over different samples (Gretton, Borgwardt, Rasch, Schoelkopf,
 * Smola 2012, lemma 6), which can be negative. The kernel is `exp(-|x - y|^2 / (2 h^2))`, h the median distance of
 * the pooled samples. The p-value compares with `permutations` of the pooled samples (sec. 5) and is exact at any
 * size. O((n + m)^2) in time and memory: a few thousand samples at most.
 */
export function mmd(
  pair: SamplePair,
  { key, permutations = 199 }: { key: Key; permutations?: number },
): Mmd {
  const n = pair.x.length / pair.size, m = pair.y.length / pair.size;
  needSamples(Math.min(n, m), { least: 2, what: "MMD" });
  const kernel = gaussianKernel(pair), rows = rowSums(kernel);
  const all = rows.reduce((a, b) => a + b, 0);
  const of = (order: Uint32Array) => discrepancy({ kernel, rows, all, n }, order);
  const statistic = of(Uint32Array.from({ length: n + m }, (_, i) => i));
  const none = Array.from({ length: permutations }, (_, k) => of(permutation(fold(key, k), n + m)));
  return { ...monteCarloTest(statistic, none), spread: spreadOf(kernel, { n, m }) };
}

/** A symmetric kernel matrix [n + m, n + m] with diagonal 0, so that sums are over different samples. */
function gaussianKernel({ x, y, size }: SamplePair): Float64Array {
  const pooled = new Float64Array(x.length + y.length), count = pooled.length / size;
  pooled.set(x);
  pooled.set(y, x.length);
  const squares = squaredDistances(pooled, size);
  const median = squares.slice().sort()[Math.floor(squares.length / 2)];
  if (!(median > 0)) {
    throw new Uncomputable("Half of the samples or more are equal: MMD needs different samples");
  }
  const kernel = new Float64Array(count * count);
  for (let i = 0, k = 0; i < count; i++) {
    for (let j = 0; j < i; j++, k++) {
      kernel[i * count + j] = kernel[j * count + i] = Math.exp(-squares[k] / (2 * median));
    }
  }
  return kernel;
}

/** Of the pairs (i, j), j < i, row by row. */
function squaredDistances(points: Float64Array, size: number): Float64Array {
  const count = points.length / size, squares = new Float64Array(count * (count - 1) / 2);
  for (let i = 0, k = 0; i < count; i++) {
    for (let j = 0; j < i; j++, k++) {
      let sum = 0;
      for (let d = 0; d < size; d++) sum += (points[i * size + d] - points[j * size + d]) ** 2;
      squares[k] = sum;
    }
  }
  return squares;
}

function rowSums(kernel: Float64Array): Float64Array {
  const count = Math.sqrt(kernel.length);
  return Float64Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < count; j++) sum += kernel[i * count + j];
    return sum;
  });
}

/** The U-statistic with the first n of `order` as x: sums within x give those between and within y. */
function discrepancy(
  { kernel, rows, all, n }: { kernel: Float64Array; rows: Float64Array; all: number; n: number },
  order: Uint32Array,
): number {
  const count = rows.length, m = count - n;
  let within = 0, touching = 0;
  for (let i = 0; i < n; i++) {
    const row = order[i] * count;
    touching += rows[order[i]];
    for (let j = 0; j < i; j++) within += 2 * kernel[row + order[j]];
  }
  const between = touching - within, other = all - within - 2 * between;
  return within / (n * (n - 1)) + other / (m * (m - 1)) - 2 * between / (n * m);
}

/** Square root of the leading term of the U-statistic's variance, `4 var_x / n + 4 var_y / m`. */
function spreadOf(kernel: Float64Array, { n, m }: { n: number; m: number }): number {
  const count = n + m;
  const mean = (i: number, from: number, to: number) => {
    let sum = 0;
    for (let j = from; j < to; j++) sum += kernel[i * count + j];
    return sum / (to - from - Number(i >= from && i < to));
  };
  const x = Array.from({ length: n }, (_, i) => mean(i, 0, n) - mean(i, n, count));
  const y = Array.from({ length: m }, (_, i) => mean(n + i, n, count) - mean(n + i, 0, n));
  return 2 * Math.hypot(summarise(x).standardError, summarise(y).standardError);
}
