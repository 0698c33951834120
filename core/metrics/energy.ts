import type { Vector } from "../contracts/vector.ts";
import { metric, needSamples, unmasked } from "./metric.ts";

/** An estimate and its Monte-Carlo standard error. */
export interface Estimate {
  readonly value: number;
  readonly error: number;
}

/**
 * Energy score `E|X - x| - E|X - X'| / 2` of samples [n, size] at a truth x [size], in the unknown's unit: the
 * smaller the better, and strictly proper (Gneiting and Raftery 2007, eq. 22). It judges the joint distribution,
 * where the CRPS, its case of one cell, judges each alone. The second term averages over pairs of different
 * samples, so the estimate is unbiased (Ferro 2014); the error is the jackknife's over samples. n >= 3, O(n^2).
 */
export function energyScore({ truth, samples }: { truth: Vector; samples: Vector }): Estimate {
  const size = truth.length, n = samples.length / size;
  const rows = Array.from({ length: n }, (_, i) => samples.subarray(i * size, (i + 1) * size));
  const error = Float64Array.from(rows, (row) => euclidean(row, truth));
  const spread = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const d = euclidean(rows[i], rows[j]);
      spread[i] += d;
      spread[j] += d;
    }
  }
  const errors = total(error), spreads = total(spread);
  const without = error.map((e, i) =>
    (errors - e) / (n - 1) - (spreads - 2 * spread[i]) / (2 * (n - 1) * (n - 2))
  );
  const mean = total(without) / n;
  const square = without.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  return { value: errors / n - spreads / (2 * n * (n - 1)), error: Math.sqrt((n - 1) / n * square) };
}

/** Samples that the metric takes: its cost is their number squared. */
const MOST_SCORED = 256;

/** Energy score of the cells that count, of the first 256 samples. */
export const energyScoreMetric = metric({
  kind: "energy-score",
  about: "energy score of the samples: the CRPS of all cells together",
  default: true,
  needs: ["samples"],
  gives: { energyScore: { label: "energy score", unit: "unknown", better: "lower" } },
  evaluate({ truth, samples, mask }) {
    const cells = unmasked(mask), size = truth.length, n = Math.min(samples.length / size, MOST_SCORED);
    needSamples(n, { least: 2, what: "the energy score" });
    const counting = new Float64Array(n * cells.length);
    for (let k = 0; k < n; k++) {
      cells.forEach((cell, i) => counting[k * cells.length + i] = samples[k * size + cell]);
    }
    const { value } = energyScore({ truth: Float64Array.from(cells, (i) => truth[i]), samples: counting });
    return { energyScore: value };
  },
});

function euclidean(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return Math.sqrt(sum);
}

function total(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0);
}
