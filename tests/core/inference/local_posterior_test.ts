import { assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { openEngine, tensorCount } from "../../../core/engine/mod.ts";
import { expectedPeriodograms } from "../../../core/inference/expected_periodograms.ts";
import { gainCovariance } from "../../../core/inference/gain_prior.ts";
import { memberPool, membersHere } from "../../../core/inference/local_pool.ts";
import { localMember, localPosterior, mixtureMoments } from "../../../core/inference/local_posterior.ts";
import { drawLocal, localCovariance } from "../../../core/inference/local_prior.ts";
import { gainMembers } from "../../../core/inference/whittle.ts";
import {
  cholesky,
  elementOf,
  gaussianPosterior,
  multiplySymmetricTiled,
  multiplyVector,
  tiled,
  varianceOf,
} from "../../../core/linalg/mod.ts";
import { meanAndStd } from "../../../core/inference/evaluate.ts";
import { settings, smallPrior } from "./local_gains.ts";
import { fold, normals, normals64, rootKey } from "../../../core/base/random.ts";

await openEngine("wasm");

const side = 18, n = side ** 2, key = rootKey(73); // 324 cells: two tiles
const prior = smallPrior(side, key);
const bands = prior.spectra.length, windows = 2;

/** `A A^T` with A lower bidiagonal down the columns: its noise is `A z`. */
const a = (i: number) => 4 - 2 * Math.floor(i / side) / side, b = 1;
const hessian = tiled(n, (i, j) => {
  if (i === j) return a(i) ** 2 + (i >= side ? b ** 2 : 0);
  return Math.abs(i - j) === side ? a(Math.min(i, j)) * b : 0;
});
const noiseOf = (name: string, draws: number) => {
  const z = normals(fold(key, name), draws * n);
  return z.map((v, k) => a(k % n) * v + (k % n >= side ? b * z[k - side] : 0));
};
const migration = async (x: Float32Array, name: string, scale = 1) => {
  const noise = noiseOf(name, x.length / n);
  return (await multiplySymmetricTiled(hessian, x)).map((v, k) => scale * v + Math.sqrt(scale) * noise[k]);
};
const dense = (at: (i: number, j: number) => number) =>
  Float64Array.from({ length: n * n }, (_, k) => {
    const i = Math.floor(k / n), j = k % n;
    return at(Math.max(i, j), Math.min(i, j));
  });
/** The same posterior in f64. */
const oracle = (logGains: Float64Array, rhs: Float32Array, scale = 1) => {
  const covariance = localCovariance(prior, logGains);
  return gaussianPosterior({
    hessian: dense((i, j) => scale * elementOf(hessian, i, j)),
    rhs: Float64Array.from(rhs),
    prior: { mean: new Float64Array(n), covariance: dense((i, j) => elementOf(covariance, i, j)) },
  });
};
const spread = cholesky(gainCovariance(settings));
const gainsOf = (name: string) => multiplyVector(spread, normals64(fold(key, name), windows * bands));

Deno.test("a member is the posterior in f64, at any level of noise, and its samples are of it", async () => {
  const logGains = gainsOf("member"), before = tensorCount();
  const x = drawLocal(prior, { logGains, key, n: 1 });
  for (const scale of [1, 0.3]) {
    const rhs = await migration(x, "noise", scale), wanted = oracle(logGains, rhs, scale);
    const request = { migration: rhs, scale, logGains, key, n: 2000 };
    const { mean, variance, samples } = await localMember({ prior, hessian }, request);
    const std = varianceOf(wanted).map(Math.sqrt), empirical = meanAndStd(samples, n);
    for (let i = 0; i < n; i++) {
      assertLess(Math.abs(mean[i] - wanted.mean[i]) / std[i], 1e-3);
      assertLess(Math.abs(Math.sqrt(variance[i]) / std[i] - 1), 1e-4);
      assertLess(Math.abs(empirical.mean[i] - mean[i]), 5 * std[i] / Math.sqrt(2000));
      assertLess(Math.abs(empirical.std[i] / std[i] - 1), 0.09);
    }
  }
  assertEquals(tensorCount(), before);
});

Deno.test("the moments of a mixture are those of all its members' draws", () => {
  const parts = [[1, 4], [3, 1], [-1, 0.25]].map(([mean, variance]) => ({
    mean: Float32Array.of(mean),
    variance: Float64Array.of(variance),
  }));
  const { mean, std } = mixtureMoments(parts);
  assertLess(Math.abs(mean[0] - 1), 1e-6);
  assertLess(Math.abs(std[0] - Math.sqrt(5.25 / 3 + 8 / 3)), 1e-6);
});

const expected = await expectedPeriodograms(prior, { hessian, noise: noiseOf("expected", 150), key });

Deno.test("workers give what one engine gives, and share samples out among members", async () => {
  const rhs = await migration(drawLocal(prior, { logGains: gainsOf("pool"), key, n: 1 }), "pool");
  const problem = { prior, hessian }, pool = memberPool(problem, { workers: 2 });
  try {
    const request = { migration: rhs, scale: 1, key, gainKey: key, n: 7, members: 3 };
    const here = await localPosterior(request, { prior, expected, compute: membersHere(problem) });
    const there = await localPosterior(request, { prior, expected, compute: pool.compute });
    assertEquals(there, here);
    assertEquals(here.samples.length, 7 * n);
    const [mode] = gainMembers(here.fit, { members: 1, key });
    const alone = await localMember(problem, { ...request, logGains: mode, n: 0 });
    assertGreater(here.std.reduce((s, v) => s + v, 0), alone.variance.reduce((s, v) => s + Math.sqrt(v), 0));
    const broken = {
      migration: rhs,
      scale: 1,
      logGains: new Float64Array(bands * windows).fill(NaN),
      key,
      n: 0,
    };
    await assertRejects(() => pool.compute([broken]), Error, "not positive definite");
    const signal = AbortSignal.abort(new Error("stopped"));
    await assertRejects(() => membersHere(problem, { signal })([broken]), Error, "stopped");
  } finally {
    pool.close();
  }
});

/** Fractions of cells within the central intervals of 50 and 90 %. */
function covered(truth: Float32Array, { mean, std }: { mean: ArrayLike<number>; std: ArrayLike<number> }) {
  return [0.6745, 1.6449].map((z) =>
    truth.reduce((sum, v, i) => sum + Number(Math.abs(v - mean[i]) < z * std[i]), 0) / n
  );
}

Deno.test("intervals hold what they say for truths whose gains are drawn from their prior", async () => {
  const problem = { prior, hessian },
    compute = membersHere(problem),
    sums = { known: [0, 0], told: [0, 0] };
  const trials = 40;
  for (let i = 0; i < trials; i++) {
    const logGains = gainsOf(`truth ${i}`), truth = drawLocal(prior, { logGains, key: fold(key, i), n: 1 });
    const rhs = await migration(truth, `noise ${i}`);
    const exact = await localMember(problem, { migration: rhs, scale: 1, logGains, key, n: 0 });
    const told = await localPosterior({
      migration: rhs,
      scale: 1,
      key,
      gainKey: fold(key, i),
      n: 0,
      members: 2,
    }, {
      prior,
      expected,
      compute,
    });
    const std = exact.variance.map(Math.sqrt);
    covered(truth, { mean: exact.mean, std }).forEach((v, k) => sums.known[k] += v / trials);
    covered(truth, told).forEach((v, k) => sums.told[k] += v / trials);
  }
  // Cells are correlated: about a tenth of them count.
  const error = (p: number) => 4 * Math.sqrt(p * (1 - p) / (trials * n / 10));
  [0.5, 0.9].forEach((level, k) => {
    assertLess(Math.abs(sums.known[k] - level), error(level));
    assertLess(Math.abs(sums.told[k] - level), error(level) + 0.03); // gains are fitted, not known
  });
});
