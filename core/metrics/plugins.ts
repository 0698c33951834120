import { c2stMetric } from "./c2st.ts";
import { calibrationError } from "./calibration_error.ts";
import { contractionMetric } from "./contraction.ts";
import { coverage } from "./coverage.ts";
import { coverageByDepth } from "./coverage_by_depth.ts";
import { coverageByIllumination } from "./coverage_by_illumination.ts";
import { crps } from "./crps.ts";
import { dataResidual } from "./data_residual.ts";
import { energyScoreMetric } from "./energy.ts";
import { kl } from "./kl.ts";
import { predictiveMetric } from "./predictive.ts";
import { referenceMoments } from "./reference_moments.ts";
import { rmse } from "./rmse.ts";
import { snr } from "./snr.ts";
import { ssim } from "./ssim.ts";

/** Every metric, in the order of tables. */
export const plugins = [
  snr,
  rmse,
  ssim,
  coverage,
  crps,
  calibrationError,
  energyScoreMetric,
  contractionMetric,
  coverageByDepth,
  coverageByIllumination,
  predictiveMetric,
  c2stMetric,
  dataResidual,
  referenceMoments,
  kl,
];
