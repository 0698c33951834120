import type { Vector } from "../contracts/vector.ts";
import { Uncomputable } from "../base/uncomputable.ts";
import { type Judgement, needSamples, sortedCell, unmasked } from "./metric.ts";

/** Nominal probabilities of the central intervals that coverage reports. */
const LEVELS = [0.5, 0.9, 0.95];

/** Names of the coverage at each level. */
export const COVERAGES = LEVELS.map((level) => `coverage${100 * level}`);

/**
 * Fraction of cells whose truth lies in the central 50, 90 and 95 % interval of the samples; a calibrated
 * posterior gives the level itself.
 */
export function coverage({ truth, samples, mask }: Judgement): Record<string, number> {
  if (!samples) return {};
  const covered = coveredFraction({ truth, samples }, { cells: unmasked(mask), levels: LEVELS });
  return Object.fromEntries(COVERAGES.map((name, k) => [name, covered[k]]));
}

/** Of the cells given, the fraction whose truth lies in the central interval of each level. */
export function coveredFraction(
  { truth, samples }: { truth: Vector; samples: Vector },
  { cells, levels }: { cells: readonly number[]; levels: readonly number[] },
): number[] {
  const inside = levels.map(() => 0);
  for (const cell of cells) {
    const sorted = sortedCell(samples, { cell, size: truth.length });
    levels.forEach((level, k) => {
      const low = quantile(sorted, (1 - level) / 2), high = quantile(sorted, (1 + level) / 2);
      if (low <= truth[cell] && truth[cell] <= high) inside[k]++;
    });
  }
  return inside.map((count) => count / cells.length);
}

/**
 * Quantile at position `p (n + 1)` of n ordered values (Hyndman and Fan 1996, type 6). The rank of an exchangeable
 * truth among n samples is uniform on 0..n, so the interval between two such quantiles holds it with the nominal
 * probability at any n, where the usual type 7 interval is too short.
 */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const at = Math.min(Math.max(p * (sorted.length + 1) - 1, 0), sorted.length - 1);
  const below = Math.floor(at), above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/**
 * Continuous ranked probability score, `E|X - x| - E|X - X'| / 2`, a mean over cells in the unknown's unit: the
 * smaller the better, and proper (Gneiting and Raftery 2007). The second term averages over pairs of different
 * samples, so the estimate is unbiased at any n (Ferro 2014, "fair").
 */
export function crps({ truth, samples, mask }: Judgement): Record<string, number> {
  if (!samples) return {};
  const cells = unmasked(mask), n = samples.length / truth.length;
  needSamples(n, { least: 2, what: "CRPS" });
  let sum = 0;
  for (const cell of cells) {
    const sorted = sortedCell(samples, { cell, size: truth.length });
    let error = 0, spread = 0;
    for (let k = 0; k < n; k++) {
      error += Math.abs(sorted[k] - truth[cell]);
      spread += (2 * k - n + 1) * sorted[k]; // sums to all |x_i - x_j| over i < j
    }
    sum += error / n - spread / (n * (n - 1));
  }
  return { crps: sum / cells.length };
}

/** Groups of cells of like standard deviation that the calibration error compares. */
const BINS = 10;

/**
 * Expected normalised calibration error: cells are grouped by standard deviation, and in each group the RMS
 * standard deviation is compared with the RMS error, `mean_b |rmse_b - sigma_b| / sigma_b` (Levi, Gispan, Giladi,
 * Fetaya 2022). 0 where the standard deviation says how large the error is.
 */
export function calibration({ truth, mean, std, mask }: Judgement): Record<string, number> {
  if (!std) return {};
  const cells = unmasked(mask).sort((a, b) => std[a] - std[b]);
  const bins = Math.min(BINS, cells.length);
  let sum = 0;
  for (let b = 0; b < bins; b++) {
    const group = cells.slice(Math.round(b * cells.length / bins), Math.round((b + 1) * cells.length / bins));
    const error = Math.sqrt(group.reduce((s, i) => s + (mean[i] - truth[i]) ** 2, 0) / group.length);
    const sigma = Math.sqrt(group.reduce((s, i) => s + std[i] ** 2, 0) / group.length);
    if (!(sigma > 0)) throw new Uncomputable("The standard deviation is 0 in a group of cells");
    sum += Math.abs(error - sigma) / sigma;
  }
  return { calibrationError: sum / bins };
}
