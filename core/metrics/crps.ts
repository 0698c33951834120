import { metric, needSamples, sortedCell, unmasked } from "./metric.ts";

/**
 * Continuous ranked probability score, `E|X - x| - E|X - X'| / 2`, a mean over cells in the unknown's unit: the
 * smaller the better, and proper (Gneiting and Raftery 2007). The second term averages over pairs of different
 * samples, so the estimate is unbiased at any n (Ferro 2014, "fair").
 */
export const crps = metric({
  kind: "crps",
  about: "continuous ranked probability score of each cell's samples",
  default: true,
  needs: ["samples"],
  gives: { crps: { label: "CRPS", unit: "unknown", better: "lower" } },
  evaluate({ truth, samples, mask }) {
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
  },
});
