/**
 * What figures of merit and diagnostics of samplers are made of: pure functions on flat arrays. The metrics themselves
 * are in plugins.ts.
 */
export { c2st } from "./c2st.ts";
export { calibrate, type Calibration, centralLevels, TARP } from "./calibrate.ts";
export { calibrationByGroup, simulationBasedCalibration, tarp } from "./calibration_tests.ts";
export { contraction } from "./contraction.ts";
export { energyScore } from "./energy.ts";
export { coverageByGroup, coverageTest, expectedCoverage } from "./expected_coverage.ts";
export { allAbsent, attempt, type Figures, figuresOf, joined } from "./figures.ts";
export { chiSquareTail } from "./gamma.ts";
export { quantile } from "./intervals.ts";
export { mmd, type SamplePair } from "./mmd.ts";
export { metricOutputs } from "./outputs.ts";
export { predictiveCheck } from "./predictive.ts";
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
} from "./calibration_trials.ts";
export { type Band, bonferroni, uniformEnvelope, type Uniformity, uniformityTest } from "./uniformity.ts";
