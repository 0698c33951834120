import { assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import {
  cholesky,
  covarianceOf,
  denseHessian,
  drawGaussian,
  gaussianPosterior,
  klGaussians,
  logDeterminant,
  lowerSolve,
  multiplyTransposed,
  multiplyVector,
  norm,
  upperSolve,
  varianceOf,
} from "../../../core/linalg/mod.ts";
import { fold, normals64, rootKey } from "../../../core/base/random.ts";
import { data, vector } from "../../spaces.ts";

const KEY = rootKey(43);

/** A random symmetric positive definite matrix. */
function positive(n: number, name: string): Float64Array {
  const a = normals64(fold(KEY, name), n * n), c = multiplyTransposed(a, a);
  for (let i = 0; i < n; i++) c[i * n + i] += 0.5;
  return c;
}

const difference = (a: Float64Array, b: Float64Array) => norm(a.map((v, i) => v - b[i]));

Deno.test("the Cholesky factor of a known matrix is the known one", () => {
  const a = Float64Array.of(4, 12, -16, 12, 37, -43, -16, -43, 98);
  assertEquals(cholesky(a), Float64Array.of(2, 0, 0, 6, 1, 0, -8, 5, 3));
  assertEquals(logDeterminant(cholesky(a)), 2 * Math.log(6));
});

Deno.test("Cholesky factors multiply back, solve both ways, and are lower triangular across blocks", () => {
  for (const n of [1, 2, 64, 65, 150]) {
    const a = positive(n, `spd ${n}`), l = cholesky(a);
    assertLess(difference(multiplyTransposed(l, l), a) / norm(a), 1e-14);
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) assertEquals(l[i * n + j], 0);
    const b = normals64(KEY, n), x = upperSolve(l, lowerSolve(l, b));
    assertLess(difference(multiplyVector(a, x), b), 1e-9);
  }
});

Deno.test("a matrix that is not positive definite is refused", () => {
  assertThrows(() => cholesky(Float64Array.of(1, 2, 2, 1)), Error, "not positive definite");
  assertThrows(() => cholesky(new Float64Array(5)), Error, "not square");
});

Deno.test("a scalar Gaussian posterior is the textbook's", () => {
  // x ~ N(1, 4), d = 3 x + e, e ~ N(0, 9), d = 6: precision 1/4 + 1, mean (1/4 + 2) / (5/4).
  const hessian = Float64Array.of(9 / 9), rhs = Float64Array.of(3 * 6 / 9);
  const prior = { mean: Float64Array.of(1), covariance: Float64Array.of(4) };
  const posterior = gaussianPosterior({ hessian, rhs, prior });
  assertAlmostEquals(posterior.mean[0], 1.8, 1e-14);
  assertAlmostEquals(covarianceOf(posterior)[0], 0.8, 1e-14);
});

Deno.test("the posterior's precision is the prior's plus the Hessian, its mean solves the normal equations", () => {
  const n = 70, covariance = positive(n, "prior"), hessian = positive(n, "hessian");
  const prior = { mean: normals64(fold(KEY, "mean"), n), covariance }, rhs = normals64(fold(KEY, "rhs"), n);
  const posterior = gaussianPosterior({ hessian, rhs, prior }), found = covarianceOf(posterior);
  // found (H + S^-1) = I  <=>  found (H S + I) = S, S symmetric.
  const product = multiplyTransposed(multiplyTransposed(found, hessian), covariance);
  assertLess(difference(product.map((v, i) => v + found[i]), covariance) / norm(covariance), 1e-11);
  // m + S (rhs - H m_post) = m_post.
  const pull = multiplyVector(hessian, posterior.mean).map((v, i) => rhs[i] - v);
  const wanted = multiplyVector(covariance, pull).map((v, i) => prior.mean[i] + v);
  assertLess(difference(wanted, posterior.mean) / norm(posterior.mean), 1e-9);
  assertAlmostEquals(varianceOf(posterior)[7], found[7 * n + 7], 1e-12);
});

Deno.test("draws have the factor's covariance", () => {
  const factor = Float64Array.of(1, 2, 0, 0.5), mean = Float64Array.of(3, -1), n = 20000;
  const draws = Array.from(
    { length: n },
    (_, i) => drawGaussian({ mean, factor }, normals64(fold(KEY, i), 2)),
  );
  const moment = (f: (x: Float64Array) => number) => draws.reduce((sum, x) => sum + f(x), 0) / n;
  assertAlmostEquals(moment((x) => x[0]), 3, 0.07);
  assertAlmostEquals(moment((x) => (x[0] - 3) ** 2), 5, 0.25);
  assertAlmostEquals(moment((x) => (x[0] - 3) * (x[1] + 1)), 1, 0.08);
  assertAlmostEquals(moment((x) => (x[1] + 1) ** 2), 0.25, 0.0125);
});

Deno.test("a dense Hessian carries the whitening twice", async () => {
  const a = Float64Array.of(1, 2, 0, 3);
  const j = {
    domain: vector(2),
    range: data(2),
    forward: (x: ArrayLike<number>) => Promise.resolve(multiplyVector(a, Float64Array.from(x))),
    adjoint: (y: ArrayLike<number>) =>
      Promise.resolve(multiplyVector(Float64Array.of(1, 0, 2, 3), Float64Array.from(y))),
  };
  const whiten = (r: ArrayLike<number>) => Float64Array.of(r[0], 0.5 * r[1]);
  assertEquals(await denseHessian(j, { whiten }), Float64Array.of(1, 2, 2, 4 + 9 / 4));
});

Deno.test("the divergence of Gaussians is the closed form, and 0 only between equals", () => {
  const p = { mean: Float64Array.of(1), covariance: Float64Array.of(4) };
  const q = { mean: Float64Array.of(0), covariance: Float64Array.of(1) };
  assertAlmostEquals(klGaussians(p, q), 0.5 * (4 + 1 - 1 - Math.log(4)), 1e-14);
  const n = 5, r = { mean: normals64(KEY, n), covariance: positive(n, "r") };
  const s = { mean: normals64(fold(KEY, 1), n), covariance: positive(n, "s") };
  assertAlmostEquals(klGaussians(r, r), 0, 1e-12);
  // KL(r||s) by the log-density ratio averaged over draws of r.
  const lr = cholesky(r.covariance), ls = cholesky(s.covariance), draws = 20000;
  let ratio = 0;
  for (let i = 0; i < draws; i++) {
    const z = normals64(fold(KEY, i), n), x = multiplyVector(lr, z).map((v, k) => r.mean[k] + v);
    const w = lowerSolve(ls, x.map((v, k) => v - s.mean[k]));
    ratio += 0.5 * (norm(w) ** 2 - norm(z) ** 2 + logDeterminant(ls) - logDeterminant(lr)) / draws;
  }
  assertAlmostEquals(ratio / klGaussians(r, s), 1, 0.05);
});
