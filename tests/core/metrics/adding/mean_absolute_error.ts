import { metric, unmasked } from "../../../../core/metrics/metric.ts";

/** Mean absolute error of the mean over the cells that count, in the unknown's unit. */
export const meanAbsoluteError = metric({
  kind: "mean-absolute-error",
  about: "mean absolute error of the mean",
  gives: { meanAbsoluteError: { label: "mean absolute error", unit: "unknown", better: "lower" } },
  evaluate({ truth, mean, mask }) {
    const cells = unmasked(mask);
    return {
      meanAbsoluteError: cells.reduce((sum, i) => sum + Math.abs(mean[i] - truth[i]), 0) / cells.length,
    };
  },
});
