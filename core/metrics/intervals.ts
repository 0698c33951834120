import type { Vector } from "../contracts/vector.ts";
import { sortedCell } from "./metric.ts";

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
