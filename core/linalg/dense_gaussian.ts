import type { LinearOperator } from "../contracts/operator.ts";
import type { Vector } from "../contracts/vector.ts";
import {
  cholesky,
  logDeterminant,
  lowerSolve,
  multiplyTransposed,
  multiplyVector,
  solveTransposed,
  transpose,
  upperSolve,
} from "./dense.ts";
import { dot } from "./vectors.ts";
import { sizeOf } from "../base/shape.ts";

/** `N(mean, covariance)`; the covariance flat [n, n]. */
export interface Gaussian {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

/** `N(mean, F F^T)`: `mean + F z` with z ~ N(0, I) is a draw. F is square, not triangular. */
export interface FactoredGaussian {
  readonly mean: Float64Array;
  readonly factor: Float64Array;
}

/** `J^T W W J`, flat [n, n]: one forward and one adjoint per unknown, in f64. */
export async function denseHessian(
  j: LinearOperator,
  { whiten = (r) => r }: { whiten?: (r: Vector) => Vector } = {},
): Promise<Float64Array> {
  const n = sizeOf(j.domain), h = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const unit = new Float64Array(n);
    unit[i] = 1;
    h.set(await j.adjoint(whiten(whiten(await j.forward(unit)))), i * n);
  }
  return h;
}

/**
 * Exact posterior of `d = J x + e` with Gaussian prior and noise, from `hessian = J^T C^-1 J` and
 * `rhs = J^T C^-1 d` (Tarantola 2005, Inverse Problem Theory, sec. 3.2). With the prior's `S = L L^T` and
 * `I + L^T H L = R R^T`: covariance `L (R R^T)^-1 L^T`, mean `m + covariance (rhs - H m)`; S is never inverted.
 */
export function gaussianPosterior(
  { hessian, rhs, prior }: { hessian: Float64Array; rhs: Float64Array; prior: Gaussian },
): FactoredGaussian {
  const n = rhs.length, l = cholesky(prior.covariance), u = transpose(l);
  const precision = multiplyTransposed(transpose(multiplyTransposed(hessian, u, { upper: true })), u, {
    upper: true,
  });
  for (let i = 0; i < n; i++) precision[i * n + i] += 1;
  const r = cholesky(precision);
  const misfit = multiplyVector(hessian, prior.mean).map((v, i) => rhs[i] - v);
  const step = multiplyVector(l, upperSolve(r, lowerSolve(r, multiplyVector(u, misfit))));
  return { mean: prior.mean.map((m, i) => m + step[i]), factor: solveTransposed(l, r) };
}

/** `F F^T`. */
export function covarianceOf({ factor }: FactoredGaussian): Float64Array {
  return multiplyTransposed(factor, factor);
}

/** Pointwise variance, the diagonal of `F F^T`. */
export function varianceOf({ mean, factor }: FactoredGaussian): Float64Array {
  const n = mean.length;
  return mean.map((_, i) => dot(factor.subarray(i * n, (i + 1) * n), factor.subarray(i * n, (i + 1) * n)));
}

/** `mean + F z`, a draw for z ~ N(0, I). */
export function drawGaussian({ mean, factor }: FactoredGaussian, z: Float64Array): Float64Array {
  const fz = multiplyVector(factor, z);
  return mean.map((m, i) => m + fz[i]);
}

/** `KL(p || q) = 1/2 (tr(Q^-1 P) + |m_q - m_p|^2_{Q^-1} - n + log det Q - log det P)` in nats. */
export function klGaussians(p: Gaussian, q: Gaussian): number {
  const n = p.mean.length, lp = cholesky(p.covariance), lq = cholesky(q.covariance);
  // tr(Q^-1 P) = |Lq^-1 Lp|_F^2, and solveTransposed(Lp^T, Lq) = Lp^T Lq^-T is its transpose.
  const ratio = solveTransposed(transpose(lp), lq);
  const shift = lowerSolve(lq, q.mean.map((m, i) => m - p.mean[i]));
  return 0.5 * (dot(ratio, ratio) + dot(shift, shift) - n + logDeterminant(lq) - logDeterminant(lp));
}
