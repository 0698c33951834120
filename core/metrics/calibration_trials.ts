import type { Vector } from "../contracts/vector.ts";
import { fold, type Key, normals64, permutation, uniforms } from "../base/random.ts";
import { Uncomputable } from "../base/uncomputable.ts";

/** A draw of the prior, and samples of the posterior given data that were simulated from it. */
export interface Trial {
  readonly truth: Vector;
  /** Flat [n, size]. */
  readonly samples: Vector;
}

/**
 * A number that is compared between truth and samples. It may depend on the trial's data, never on the trial's
 * samples or truth otherwise: then truth and samples of an exact posterior are exchangeable.
 */
export type Quantity = (x: Vector, trial: number) => number;

/** A label for each cell, by depth or by illumination; cells without one are left out. */
export type Labels = readonly (string | undefined)[];

/** The indices of the cells of each label, labels in order of appearance. */
export function cellsByLabel(labels: Labels): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  labels.forEach((label, cell) => {
    if (label !== undefined) groups.set(label, [...groups.get(label) ?? [], cell]);
  });
  return groups;
}

/** Labels `1` (the top rows) to `bands` of an image's cells, as many rows in each as can be. */
export function depthBands([rows, columns]: readonly number[], bands: number): string[] {
  return Array.from(
    { length: rows * columns },
    (_, cell) => `${Math.floor(Math.floor(cell / columns) * bands / rows) + 1}`,
  );
}

/** Labels `1` (the least values) to `bands` by the rank of a cell's value, as many cells in each as can be. */
export function quantileBands(values: Vector, bands: number): string[] {
  const order = Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  const labels = new Array<string>(values.length);
  order.forEach((cell, rank) => labels[cell] = `${Math.floor(rank * bands / values.length) + 1}`);
  return labels;
}

/** `count` projections `<u, x>` onto directions u ~ N(0, I) on the cells given. */
export function projections(
  cells: readonly number[],
  { count, key }: { count: number; key: Key },
): Quantity[] {
  return Array.from({ length: count }, (_, k) => {
    const u = normals64(fold(key, k), cells.length);
    return (x) => cells.reduce((sum, cell, i) => sum + u[i] * x[cell], 0);
  });
}

/** Squared distance on the cells given from a point of the trial, which may depend on the trial's data. */
export function distance(points: readonly Vector[], cells: readonly number[]): Quantity {
  return (x, trial) => {
    const point = points[trial];
    return cells.reduce((sum, cell) => sum + (x[cell] - point[cell]) ** 2, 0);
  };
}

/** For each trial the truth of another trial: a draw of the prior that knows nothing of the trial. */
export function otherTruths(trials: readonly Trial[], key: Key): Vector[] {
  if (trials.length < 2) {
    throw new Uncomputable("There is 1 trial: reference points from other trials need at least 2");
  }
  const order = permutation(key, trials.length), points = new Array<Vector>(trials.length);
  order.forEach((trial, i) => points[trial] = trials[order[(i + 1) % order.length]].truth);
  return points;
}

/**
 * Rank of each trial's truth among its samples, an integer in 0..n: how many samples have a smaller quantity. Equal
 * ones are ordered at random (Modrak et al. 2023, sec. 2.2), so muted cells do no harm. Uniform for exact posteriors.
 */
export function ranks(trials: readonly Trial[], quantity: Quantity, key: Key): Uint32Array {
  const u = uniforms(key, trials.length);
  return Uint32Array.from(trials, ({ truth, samples }, trial) => {
    const at = quantity(truth, trial), size = truth.length;
    let below = 0, equal = 0;
    for (let from = 0; from < samples.length; from += size) {
      const value = quantity(samples.subarray(from, from + size), trial);
      if (value < at) below++;
      else if (value === at) equal++;
    }
    return below + Math.floor(u[trial] * (equal + 1));
  });
}

/** Samples per trial; all trials must have as many. */
export function samplesPerTrial(trials: readonly Trial[]): number {
  const counts = new Set(trials.map(({ truth, samples }) => samples.length / truth.length));
  if (counts.size === 1) return [...counts][0];
  throw new Error(`Trials have ${[...counts].join(", ")} samples: they must all have the same number`);
}
