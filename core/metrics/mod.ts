/**
 * Figures of merit of a posterior against the truth, by the name a spec uses, and diagnostics of samplers over many
 * simulated truths: pure functions on flat arrays.
 */
import type { Metric } from "./metric.ts";
import * as joint from "./joint.ts";
import { dataResidual, rmse, snr } from "./pointwise.ts";
import { calibration, coverage, crps } from "./probabilistic.ts";
import { coverageByDepth, coverageByIllumination } from "./regions.ts";
import { ssim } from "./ssim.ts";

export { type C2st, c2st } from "./c2st.ts";
export { calibrate, type Calibration, centralLevels, TARP } from "./calibrate.ts";
export {
  calibrationByGroup,
  type GroupCalibration,
  type RankTest,
  simulationBasedCalibration,
  type Tarp,
  tarp,
} from "./calibration_tests.ts";
export { contraction } from "./contraction.ts";
export { energyScore, type Estimate } from "./energy.ts";
export { coverageByGroup, type CoveragePoint, coverageTest, expectedCoverage } from "./expected_coverage.ts";
export { chiSquareTail } from "./gamma.ts";
export type { Judgement, Metric } from "./metric.ts";
export { type Mmd, mmd, type SamplePair } from "./mmd.ts";
export { type PredictiveCheck, predictiveCheck } from "./predictive.ts";
export { quantile } from "./probabilistic.ts";
export { type SmoothedWeights, smoothWeights } from "./psis.ts";
export { depthLabels } from "./regions.ts";
export { againstReference, type ReferenceMoments } from "./reference.ts";
export { studentTail } from "./student.ts";
export { summarise } from "./summarise.ts";
export {
  depthBands,
  distance,
  type Labels,
  otherTruths,
  projections,
  quantileBands,
  type Quantity,
  ranks,
  type Trial,
} from "./trials.ts";
export {
  type Band,
  bonferroni,
  type TestResult,
  uniformEnvelope,
  type Uniformity,
  uniformityTest,
} from "./uniformity.ts";

/** Every metric by the name in `evaluation.metrics`. */
export const metrics: Readonly<Record<string, Metric>> = {
  snr: { evaluate: snr },
  rmse: { evaluate: rmse },
  ssim: { evaluate: ssim },
  coverage: { evaluate: coverage },
  crps: { evaluate: crps },
  calibration: { evaluate: calibration },
  "energy-score": { evaluate: joint.energyScore },
  contraction: { evaluate: joint.contraction },
  "coverage-by-depth": { evaluate: coverageByDepth },
  "coverage-by-illumination": { evaluate: coverageByIllumination },
  predictive: { evaluate: joint.predictive },
  c2st: { evaluate: joint.c2st },
  "data-residual": { evaluate: dataResidual },
};
