import { metric } from "./metric.ts";
import { energies } from "./pointwise.ts";

/** Root mean square error of the mean, in the unknown's unit. */
export const rmse = metric({
  kind: "rmse",
  about: "root mean square error of the mean",
  default: true,
  gives: { rmse: { label: "RMSE", unit: "unknown", better: "lower" } },
  evaluate(judgement) {
    const { error, cells } = energies(judgement);
    return { rmse: Math.sqrt(error / cells) };
  },
});
