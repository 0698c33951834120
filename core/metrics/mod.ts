/** Figures of merit of a posterior against the truth: pure functions on flat arrays, by the name a spec uses. */
import type { Metric } from "./metric.ts";
import { dataResidual, rmse, snr } from "./pointwise.ts";
import { calibration, coverage, crps } from "./probabilistic.ts";
import { ssim } from "./ssim.ts";

export type { Judgement, Metric } from "./metric.ts";
export { quantile } from "./probabilistic.ts";
export { againstReference, type ReferenceMoments } from "./reference.ts";
export { summarise } from "./summarise.ts";

/** Every metric by the name in `evaluation.metrics`. */
export const metrics: Readonly<Record<string, Metric>> = {
  snr: { evaluate: snr },
  rmse: { evaluate: rmse },
  ssim: { evaluate: ssim },
  coverage: { evaluate: coverage },
  crps: { evaluate: crps },
  calibration: { evaluate: calibration },
  "data-residual": { evaluate: dataResidual },
};
