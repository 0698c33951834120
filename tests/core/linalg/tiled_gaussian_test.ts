import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { openEngine, tensorCount } from "../../../core/engine/mod.ts";
import {
  cholesky,
  choleskyTiled,
  congruence,
  covarianceOf,
  elementOf,
  gaussianPosterior,
  logDeterminant as logDeterminantOf,
  logDeterminantTiled,
  lowerSolve,
  multiplyTiled,
  multiplyTransposed,
  multiplyTransposedTiled,
  multiplyVector,
  norm,
  posteriorFactor,
  type Tiled,
  tiled,
  transpose,
  varianceOf,
  varianceTiled,
} from "../../../core/linalg/mod.ts";
import { fold, normals, normals64, rootKey } from "../../../core/base/random.ts";
import { adapterAvailable } from "../../available.ts";

const KEY = rootKey(97), WIDTH = 20;

const engines = await adapterAvailable() ? ["wasm", "webgpu"] as const : ["wasm"] as const;

/** Smooth images, 15 x 20 at n = 300: neighbours alike, and a small independent part. */
function smoothCovariance(n: number): Float64Array {
  const at = (i: number) => [Math.floor(i / WIDTH), i % WIDTH];
  return Float64Array.from({ length: n * n }, (_, k) => {
    const [z, x] = at(Math.floor(k / n)), [z1, x1] = at(k % n);
    return Math.exp(-((z - z1) ** 2 + (x - x1) ** 2) / 8) + (Math.floor(k / n) === k % n ? 1e-4 : 0);
  });
}

/** `A A^T` of directions whose strength falls a thousandfold, so that `L^T H L` has eigenvalues from 0 to `largest`. */
function decayingHessian(n: number, { l, largest }: { l: Float64Array; largest: number }): Float64Array {
  const a = normals64(fold(KEY, "hessian"), n * n).map((v, k) => v * 10 ** (-3 * (k % n) / n));
  const h = multiplyTransposed(a, a), lt = transpose(l);
  let v: Float64Array = normals64(fold(KEY, "power"), n), top = 0;
  for (let i = 0; i < 200; i++) {
    v = multiplyVector(lt, multiplyVector(h, multiplyVector(l, v)));
    top = norm(v);
    v = v.map((x) => x / top);
  }
  return h.map((x) => x * largest / top);
}

const symmetric = (a: Float64Array, n: number) => tiled(n, (i, j) => a[i * n + j]);

/** Lower triangle of tiles as a dense matrix, what lies above them 0. */
function dense(t: Tiled): Float64Array {
  const { n } = t, known = (i: number, j: number) => j <= i || Math.floor(i / 256) === Math.floor(j / 256);
  return Float64Array.from({ length: n * n }, (_, k) => {
    const i = Math.floor(k / n), j = k % n;
    return known(i, j) ? elementOf(t, i, j) : 0;
  });
}

/** Largest difference of two covariances, in units of the second one's standard deviations. */
function correlationError(found: Float64Array, wanted: Float64Array): number {
  const n = Math.sqrt(wanted.length), std = Array.from({ length: n }, (_, i) => Math.sqrt(wanted[i * n + i]));
  return found.reduce(
    (most, v, k) => Math.max(most, Math.abs(v - wanted[k]) / (std[Math.floor(k / n)] * std[k % n])),
    0,
  );
}

for (const engine of engines) {
  Deno.test(`tiles on ${engine} factor, solve and tell the determinant like f64, whole and partial`, async () => {
    await openEngine(engine);
    for (const n of [1, 40, 256, 257, 530]) {
      const c = smoothCovariance(n), l = cholesky(c), x = normals(fold(KEY, n), 3 * n);
      const { factor, solved } = await choleskyTiled(symmetric(c, n), x), found = dense(factor);
      assertLess(correlationError(multiplyTransposed(found, found), c), 2e-6, `n = ${n}`);
      for (let k = 0; k < 3; k++) {
        const wanted = lowerSolve(l, Float64Array.from(x.subarray(k * n, (k + 1) * n)));
        const error = norm(wanted.map((v, i) => v - solved[k * n + i])) / norm(wanted);
        assertLess(error, 1e-3, `n = ${n}`); // what f32 leaves of numbers a hundred times their difference
      }
      assertLess(Math.abs(logDeterminantTiled(factor) - logDeterminantOf(l)), 1e-3 * n);
    }
  });

  /** Errors at f32: in the mean 5e-4 of a standard deviation, in the deviation 3e-5, in correlations 6e-5. */
  Deno.test(`posteriors in tiles on ${engine} are the f64 ones where data rule ten thousand to one`, async () => {
    assertEquals((await openEngine(engine)).name, engine);
    const n = 300, c = smoothCovariance(n), l = cholesky(c), rhs = normals64(fold(KEY, "rhs"), n);
    const hessian = decayingHessian(n, { l, largest: 1e4 }), zero = new Float64Array(n);
    const data = multiplyVector(hessian, multiplyVector(l, rhs)); // of an image that the prior could have drawn
    const oracle = gaussianPosterior({ hessian, rhs: data, prior: { mean: zero, covariance: c } });
    const before = tensorCount();
    const { factor } = await choleskyTiled(symmetric(c, n), new Float32Array(n));
    const information = await congruence(symmetric(hessian.map((v) => v / 4), n), factor);
    const { factor: f, logDeterminant } = await posteriorFactor({ factor, information, scale: 4 });
    const shrunk = logDeterminantOf(cholesky(c)) - logDeterminantOf(cholesky(covarianceOf(oracle)));
    assertLess(Math.abs(logDeterminant - shrunk), 1e-3 * shrunk);
    const mean = await multiplyTiled(f, await multiplyTransposedTiled(f, new Float32Array(data)));
    assertEquals(tensorCount(), before);
    const std = varianceOf(oracle).map(Math.sqrt), found = dense(f);
    varianceTiled(f).forEach((v, i) => assertLess(Math.abs(Math.sqrt(v) / std[i] - 1), 1e-4));
    assertLess(correlationError(multiplyTransposed(found, found), covarianceOf(oracle)), 2e-4);
    const error = (k: number) => Math.abs(mean[k] - oracle.mean[k]) / std[k];
    assertLess(oracle.mean.reduce((most, _, k) => Math.max(most, error(k)), 0), 2e-3);
  });
}

Deno.test("products with a factor and with its transpose are adjoint, to f32", async () => {
  await openEngine("wasm");
  const n = 300, { factor } = await choleskyTiled(symmetric(smoothCovariance(n), n), new Float32Array(n));
  const l = dense(factor), z = normals(fold(KEY, "z"), 2 * n);
  const down = await multiplyTiled(factor, z), up = await multiplyTransposedTiled(factor, z);
  for (let k = 0; k < 2; k++) {
    const one = Float64Array.from(z.subarray(k * n, (k + 1) * n));
    const close = (found: Float32Array, wanted: Float64Array) =>
      assertLess(norm(wanted.map((v, i) => v - found[k * n + i])) / norm(wanted), 1e-5);
    close(down, multiplyVector(l, one));
    close(up, multiplyVector(transpose(l), one));
  }
});

Deno.test("a matrix of tiles that is not positive definite is refused", async () => {
  await openEngine("wasm");
  const broken = tiled(300, (i, j) => i === j ? (i === 280 ? -1 : 1) : 0);
  await assertRejects(() => choleskyTiled(broken, new Float32Array(300)), Error, "not positive definite");
});
