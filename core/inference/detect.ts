import { productTransposed } from "../linalg/mod.ts";
import { fold, type Key, normals64, permutation } from "../base/random.ts";
import { principalComponents } from "./principal.ts";

/** Training summaries, flat [n, size]. */
interface Summaries {
  readonly n: number;
  readonly values: Float32Array;
}

/** Measures how much summaries differ from the training summaries. */
export interface SummaryDetector {
  /** The p-value of one summary. */
  one(summary: Float32Array): number;
  /**
   * The coordinates of a summary along the principal components, and its energy outside of them. Tests of several
   * observations use them.
   */
  point(summary: Float32Array): readonly number[];
  /** The same numbers for training summaries that the detector has not learned from, in random order. */
  readonly unseen: readonly (readonly number[])[];
}

/** The fewest observations that are tested together. With fewer the test has no power. */
export const FEWEST_TOGETHER = 3;

/**
 * The largest number of training summaries that is used, and the number of principal components. The components
 * describe what the summaries have in common.
 */
const MOST = 4000, COMPONENTS = 16;
/**
 * Fractions of the training summaries: the first gives the principal components, the second the scale of the two
 * numbers.
 */
const LEARNED = 0.4, SCALED = 0.1;

/**
 * The fewest training summaries: four for each principal component, of which one is needed, and one for the scale.
 */
export const LEAST_SUMMARIES = 10;

/**
 * Tests whether a summary is like the training summaries. The truth is not needed. Two numbers are used: the
 * Mahalanobis distance in the space of the leading principal components of the training summaries, and the energy
 * outside of this space. Each is a logarithm, in units of its usual scatter. The larger departure of the two, up or
 * down, is compared with that of training summaries that neither number was learned from. So the p-value `(1 +
 * #{larger}) / (n + 1)` is exact for all summaries that are exchangeable with them (conformal; Vovk, Gammerman,
 * Shafer 2005, Algorithmic Learning in a Random World, sec. 2.2).
 */
export function summaryDetector(summaries: Summaries, key: Key): SummaryDetector {
  const size = summaries.values.length / summaries.n;
  const order = permutation(fold(key, "order"), summaries.n).subarray(0, MOST), n = order.length;
  const part = (from: number, to: number) => order.subarray(Math.round(from * n), Math.round(to * n));
  const rowOf = (i: number) => summaries.values.subarray(i * size, (i + 1) * size);
  const learned = Array.from(part(0, LEARNED), rowOf);
  const place = summaryPlace(learned, fold(key, "directions"));
  const numbers = (summary: Float32Array) => numbersOf(place(summary));
  const usual = Array.from(part(LEARNED, LEARNED + SCALED), (i) => numbers(rowOf(i)));
  const scales = usual[0].map((_, j) => robustScale(usual.map((row) => row[j])));
  const departure = (summary: Float32Array) => largestDeparture(numbers(summary), scales);
  const unseen = part(LEARNED + SCALED, 1), held = Float64Array.from(unseen, (i) => departure(rowOf(i)));
  const point = (summary: Float32Array) => {
    const { along, outside } = place(summary);
    return [...along, ...outside.map((v) => (Math.log(v) - scales[1].centre) / scales[1].spread)];
  };
  return {
    one: (summary) => upperPValue(departure(summary), held),
    point,
    unseen: Array.from(unseen, (i) => point(rowOf(i))),
  };
}

/** `(1 + #{others >= value}) / (n + 1)`. */
export function upperPValue(value: number, others: ArrayLike<number>): number {
  let larger = 0;
  for (let k = 0; k < others.length; k++) if (others[k] >= value) larger++;
  return (1 + larger) / (1 + others.length);
}

/**
 * The p-value of the largest departure, up or down, of several numbers from those of other rows. The usual scatter of
 * each number is computed from all rows, including `row`. Exchangeable rows then stay exchangeable and the rank is
 * exact (full conformal).
 */
export function departurePValue(row: readonly number[], others: readonly (readonly number[])[]): number {
  const all = [row, ...others], scales = row.map((_, j) => robustScale(all.map((other) => other[j])));
  return upperPValue(largestDeparture(row, scales), others.map((other) => largestDeparture(other, scales)));
}

function largestDeparture(row: readonly number[], scales: readonly Scale[]): number {
  return Math.max(...row.map((v, j) => Math.abs(v - scales[j].centre) / scales[j].spread));
}

/**
 * The coordinates of a summary along the principal components, in standard deviations, and its energy outside of
 * them, if there is any.
 */
interface Place {
  readonly along: readonly number[];
  readonly outside: readonly number[];
}

/** Smaller energies are 0 up to rounding. They have no logarithm. */
const LEAST_ENERGY = 1e-12;

/** Logarithms of the distance within the principal components, and of the energy outside where there is an outside. */
function numbersOf({ along, outside }: Place): number[] {
  const within = along.reduce((sum, v) => sum + v * v, 0);
  return [Math.max(within, LEAST_ENERGY), ...outside].map(Math.log);
}

function summaryPlace(rows: readonly Float32Array[], key: Key): (summary: Float32Array) => Place {
  const size = rows[0].length, { mean, scale } = columnScales(rows);
  const standardized = (row: Float32Array) => Float64Array.from(row, (v, i) => (v - mean[i]) / scale[i]);
  const flat = new Float64Array(rows.length * size);
  rows.forEach((row, k) => flat.set(standardized(row), k * size));
  const count = Math.min(COMPONENTS, size, Math.floor(rows.length / 4));
  const { directions, variances } = principalComponents(flat, {
    size,
    starts: normals64(key, count * size),
  });
  return (summary) => {
    const u = standardized(summary), along = productTransposed(u, directions, size);
    const outside = u.reduce((sum, v) => sum + v * v, 0) - along.reduce((sum, c) => sum + c * c, 0);
    return {
      // Directions without variance, which repeated summaries leave, have no scale of their own.
      along: Array.from(along, (c, j) => c / Math.sqrt(Math.max(variances[j], LEAST_ENERGY))),
      outside: count < size ? [Math.max(outside, LEAST_ENERGY)] : [],
    };
  };
}

/** Mean and standard deviation of each component; 1 where it never varies. */
function columnScales(rows: readonly Float32Array[]): { mean: Float64Array; scale: Float64Array } {
  const n = rows.length, mean = new Float64Array(rows[0].length), square = new Float64Array(rows[0].length);
  for (const row of rows) row.forEach((v, i) => mean[i] += v / n);
  for (const row of rows) row.forEach((v, i) => square[i] += (v - mean[i]) ** 2 / n);
  return { mean, scale: square.map((v) => Math.sqrt(v) || 1) };
}

/** The usual value of a number, and its usual distance from this value. */
interface Scale {
  readonly centre: number;
  readonly spread: number;
}

/** The median, and the median distance from it. */
function robustScale(values: readonly number[]): Scale {
  const median = (x: readonly number[]) => x.toSorted((a, b) => a - b)[Math.floor(x.length / 2)];
  const centre = median(values);
  return { centre, spread: median(values.map((v) => Math.abs(v - centre))) || 1 };
}
