/** Linear algebra on operators as values: composition, tests of exactness, least squares, dense Gaussians. */
export { cgls, type CglsOptions, type CglsResult } from "./cgls.ts";
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
export { filterTraces, inverseTransform, paddedLength, powerSpectrum } from "./fft.ts";
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
export { illuminationPreconditioner, PROBES } from "./illumination.ts";
export { adjointOf, compose, identity, rowwise, scale } from "./operators.ts";
export { singleShot } from "./single_shot.ts";
export { addScaled, dot, norm, scaled, sizeOf, zerosLike } from "./vectors.ts";
