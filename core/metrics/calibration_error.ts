import { Uncomputable } from "../base/uncomputable.ts";
import { metric, unmasked } from "./metric.ts";

/** Groups of cells of like standard deviation that are compared. */
const BINS = 10;

/**
 * Expected normalised calibration error: cells are grouped by standard deviation, and in each group the RMS
 * standard deviation is compared with the RMS error, `mean_b |rmse_b - sigma_b| / sigma_b` (Levi, Gispan, Giladi,
 * Fetaya 2022). 0 where the standard deviation says how large the error is.
 */
export const calibrationError = metric({
  kind: "calibration",
  about:
    "Departure of the standard deviation from the error's, in groups of cells of like standard deviation.",
  needs: ["std"],
  gives: { calibrationError: { label: "calibration error", better: "lower", decimals: 3 } },
  evaluate({ truth, mean, std, mask }) {
    const cells = unmasked(mask).sort((a, b) => std[a] - std[b]);
    const bins = Math.min(BINS, cells.length);
    let sum = 0;
    for (let b = 0; b < bins; b++) {
      const from = Math.round(b * cells.length / bins), to = Math.round((b + 1) * cells.length / bins);
      const group = cells.slice(from, to);
      const error = Math.sqrt(group.reduce((s, i) => s + (mean[i] - truth[i]) ** 2, 0) / group.length);
      const sigma = Math.sqrt(group.reduce((s, i) => s + std[i] ** 2, 0) / group.length);
      if (!(sigma > 0)) throw new Uncomputable("The standard deviation is 0 in a group of cells");
      sum += Math.abs(error - sigma) / sigma;
    }
    return { calibrationError: sum / bins };
  },
});
