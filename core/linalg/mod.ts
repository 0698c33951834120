/** Linear algebra on operators as values: composition, tests of exactness, least squares, dense Gaussians. */
export { type Band, type BandCentres, bandsOf, bandWeights } from "./bands.ts";
export { cgls, cglsApplications, cglsBatch } from "./cgls.ts";
export { dotTest, taylorTest } from "./checks.ts";
export {
  cholesky,
  logDeterminant,
  lowerSolve,
  multiplyTransposed,
  multiplyVector,
  productTransposed,
  transpose,
  upperSolve,
} from "./dense.ts";
export { symmetricEigen } from "./eigen.ts";
export {
  autocovariance,
  filterImage,
  filterTraces,
  type ImageSpectrum,
  inverseTransform,
  meanCrossSpectrum,
  meanSpectrum,
  paddedLength,
  powerSpectrum,
  smoothedSpectrum,
} from "./fft.ts";
export {
  covarianceOf,
  denseHessian,
  drawGaussian,
  type FactoredGaussian,
  type Gaussian,
  gaussianPosterior,
  klGaussians,
  varianceOf,
} from "./dense_gaussian.ts";
export {
  diagonalOf,
  illuminationPreconditioner,
  PROBES,
  probesOf,
  smoothedCells,
  smoothIllumination,
} from "./illumination.ts";
export { compose, identity, rowwise, scale } from "./operators.ts";
export { multiplySymmetricTiled } from "./symmetric_tiled.ts";
export {
  choleskyTiled,
  congruence,
  logDeterminantTiled,
  multiplyTiled,
  multiplyTransposedTiled,
  posteriorFactor,
  varianceTiled,
} from "./tiled_gaussian.ts";
export { type Block, elementOf, gramOf, type RowsOf, type Tiled, tiled } from "./tiles.ts";
export { whitenerOf } from "./whitening.ts";
export { addScaled, dot, norm, zerosLike } from "./vectors.ts";
export {
  effectiveSize,
  periodograms,
  stationaryDraws,
  type Windows,
  windowsOf,
  windowTransform,
} from "./windows.ts";
