/**
 * Figures of merit of a posterior against the truth, by the name a spec uses, and diagnostics of samplers over many
 * simulated truths: pure functions on flat arrays.
 */
import type { Metric } from "./metric.ts";
import * as joint from "./joint.ts";
import { dataResidual, rmse, snr } from "./pointwise.ts";
import { calibration, coverage, COVERAGES, crps } from "./probabilistic.ts";
import { divergence, moments } from "./reference.ts";
import { coverageByDepth, coverageByIllumination, DEPTHS, LIGHTS } from "./regions.ts";
import { ssim } from "./ssim.ts";

export { c2st } from "./c2st.ts";
export { calibrate, type Calibration, centralLevels, TARP } from "./calibrate.ts";
export { calibrationByGroup, simulationBasedCalibration, tarp } from "./calibration_tests.ts";
export { contraction } from "./contraction.ts";
export { energyScore } from "./energy.ts";
export { coverageByGroup, coverageTest, expectedCoverage } from "./expected_coverage.ts";
export { allAbsent, attempt, type Figures, figuresOf, joined } from "./figures.ts";
export { chiSquareTail } from "./gamma.ts";
export type { Judgement, Metric, ReferenceMoments } from "./metric.ts";
export { mmd, type SamplePair } from "./mmd.ts";
export { predictiveCheck } from "./predictive.ts";
export { quantile } from "./probabilistic.ts";
export { smoothWeights } from "./psis.ts";
export { depthLabels } from "./regions.ts";
export { studentTail } from "./student.ts";
export { summarise } from "./summarise.ts";
export {
  depthBands,
  distance,
  otherTruths,
  projections,
  quantileBands,
  type Quantity,
  ranks,
  type Trial,
} from "./trials.ts";
export { type Band, bonferroni, uniformEnvelope, type Uniformity, uniformityTest } from "./uniformity.ts";

/** Every metric by the name in `evaluation.metrics`. */
export const metrics: Readonly<Record<string, Metric>> = {
  snr: { gives: ["snr"], evaluate: snr },
  rmse: { gives: ["rmse"], evaluate: rmse },
  ssim: { gives: ["ssim"], evaluate: ssim },
  coverage: { gives: COVERAGES, evaluate: coverage },
  crps: { gives: ["crps"], evaluate: crps },
  calibration: { gives: ["calibrationError"], evaluate: calibration },
  "energy-score": { gives: ["energyScore"], evaluate: joint.energyScore },
  contraction: { gives: ["contraction"], evaluate: joint.contraction },
  "coverage-by-depth": {
    gives: DEPTHS.map((label) => `coverageByDepth${label}`),
    evaluate: coverageByDepth,
  },
  "coverage-by-illumination": {
    gives: LIGHTS.map((label) => `coverageByIllumination${label}`),
    evaluate: coverageByIllumination,
  },
  predictive: { gives: ["predictive"], evaluate: joint.predictive },
  c2st: { gives: ["c2st"], evaluate: joint.c2st },
  "data-residual": { gives: ["dataResidual"], evaluate: dataResidual },
};

/** What a posterior is measured by, unasked, beside a reference posterior. */
export const twins: readonly Metric[] = [
  { gives: ["meanError", "stdRatio", "covarianceError"], evaluate: moments },
  { gives: ["kl"], evaluate: divergence },
];
