/** Linear algebra on operators as values: composition, tests of exactness, least squares, dense Gaussians. */
export { type Band, type BandCentres, bandsOf, bandWeights } from "./bands.ts";
export { cgls, cglsBatch, type CglsOptions } from "./cgls.ts";
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
  filterTraces,
  type ImageSpectrum,
  inverseTransform,
  meanSpectrum,
  paddedLength,
  powerSpectrum,
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
} from "./gaussian.ts";
export { illumination, illuminationPreconditioner, PROBES } from "./illumination.ts";
export { adjointOf, compose, identity, rowwise, scale } from "./operators.ts";
export { singleShot } from "./single_shot.ts";
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
export { addScaled, dot, norm, sizeOf, zerosLike } from "./vectors.ts";
export {
  effectiveSize,
  type Extent,
  periodograms,
  stationaryDraws,
  type Windows,
  windowsOf,
  windowTransform,
} from "./windows.ts";
