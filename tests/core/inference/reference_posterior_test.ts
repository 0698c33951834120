import { assert, assertAlmostEquals, assertGreater, assertLess } from "@std/assert";
import { effectiveSampleSize, momentsOf } from "../../../core/inference/convergence.ts";
import { referenceFor } from "../../../core/inference/reference_posterior.ts";
import type { Problem } from "../../../core/inference/simulate.ts";
import { fold, normals64, rootKey } from "../../../core/base/random.ts";
import { rosenbrockPrior } from "../../../physics/priors/rosenbrock.ts";
import { linearGaussian, matrixSurvey, vectorProblem } from "./toys.ts";

const key = rootKey(31);

/** Moments of a distribution, and how many independent draws they come from: Infinity where exact. */
interface Estimated {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
  readonly ess: number;
}

/** Largest difference of means and variances in standard errors of `a`, for a distribution near to normal. */
function departure(a: Estimated, exact: Pick<Estimated, "mean" | "covariance">): number {
  const size = a.mean.length;
  return Math.max(...Array.from(a.mean, (m, i) => {
    const variance = exact.covariance[i * (size + 1)];
    return Math.max(
      Math.abs(m - exact.mean[i]) / Math.sqrt(variance / a.ess),
      Math.abs(a.covariance[i * (size + 1)] - variance) / (variance * Math.sqrt(2 / a.ess)),
    );
  }));
}

const correlated = linearGaussian({
  matrix: [1, 0.5, -0.3, 0.2, -1, 0.8],
  sigma: 0.7,
  mean: [0.5, -1, 0],
  covariance: [1, 0.5, 0.2, 0.5, 2, 0.3, 0.2, 0.3, 0.5],
});
const data = Float64Array.of(1.2, -0.4);

async function referenceOf(problem: Problem, d: Float64Array, n = 4000) {
  const reference = await referenceFor(problem);
  assert(reference, "the problem has no reference");
  return await reference(d, { key, n });
}

Deno.test("the exact posterior of one sum of two unknowns is the one computed by hand", async () => {
  // J = [1 1], sigma 2, x ~ N((1, 0), I): C = I - 11^T/6, mean = m + (d - J m)/6 [1 1].
  const problem = linearGaussian({ matrix: [1, 1], sigma: 2, mean: [1, 0], covariance: [1, 0, 0, 1] });
  const { mean, covariance, exact } = await referenceOf(problem, Float64Array.of(4));
  assert(exact);
  [1.5, 0.5].forEach((v, i) => assertAlmostEquals(mean[i], v, 1e-12));
  [5 / 6, -1 / 6, -1 / 6, 5 / 6].forEach((v, i) => assertAlmostEquals(covariance[i], v, 1e-12));
});

Deno.test("the exact posterior's moments are those of the prior's draws weighted by their likelihood", async () => {
  const n = 40000, size = 3, { mean, covariance } = await referenceOf(correlated, data);
  const draws = await correlated.prior.sample(fold(key, "importance"), n);
  const { estimate, draws: ess } = await importanceMoments(correlated, { draws, size });
  assertGreater(ess, 2000);
  assertLess(departure({ ...estimate, ess }, { mean, covariance }), 4);
});

/** Self-normalised importance sampling from the prior; `draws` is Kish's effective number. */
async function importanceMoments(
  { survey, noise }: Problem,
  { draws, size }: { draws: Float32Array; size: number },
) {
  const n = draws.length / size, mean = new Float64Array(size), covariance = new Float64Array(size * size);
  const weights = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    const x = Float64Array.from(draws.subarray(k * size, (k + 1) * size));
    const r = Array.from(await survey.stacked.forward(x), (v, i) => (v - data[i]) / noise.sigma);
    weights[k] = Math.exp(-r.reduce((sum, v) => sum + v * v, 0) / 2);
  }
  const total = weights.reduce((a, b) => a + b, 0);
  draws.forEach((v, k) => mean[k % size] += weights[Math.floor(k / size)] * v / total);
  weights.forEach((w, k) => {
    for (let i = 0; i < size * size; i++) {
      const row = Math.floor(i / size), column = i % size;
      covariance[i] += w / total * (draws[k * size + row] - mean[row]) *
        (draws[k * size + column] - mean[column]);
    }
  });
  return { estimate: { mean, covariance }, draws: total ** 2 / weights.reduce((sum, w) => sum + w * w, 0) };
}

Deno.test("exact samples have the exact posterior's moments", async () => {
  const { mean, covariance, samples } = await referenceOf(correlated, data);
  const drawn = momentsOf({ size: 3, paths: [Float64Array.from(samples)] });
  assertLess(departure({ ...drawn, ess: samples.length / 3 }, { mean, covariance }), 4);
});

Deno.test("populations on a Gaussian posterior agree with it; on one with the noise a tenth too large they do not", async () => {
  const exact = await referenceOf(correlated, data);
  const sampled = async (factor: number) => {
    const { survey, prior, noise } = correlated;
    const problem = vectorProblem({
      survey,
      sigma: factor * noise.sigma,
      prior: { space: prior.space, sample: prior.sample, logDensity: prior.logDensity },
    });
    const { convergence, ...moments } = await referenceOf(problem, data);
    assert(convergence && convergence.rHat < 1.01, `split R-hat is ${convergence?.rHat}`);
    assertGreater(convergence.ess, 2000);
    return departure({ ...moments, ess: convergence.ess }, exact);
  };
  assertLess(await sampled(1), 4);
  assertGreater(await sampled(1.1), 4);
});

Deno.test("the reference of a curved posterior has the moments that quadrature gives", async () => {
  const survey = matrixSurvey([1, 0, 0, 1], 2), sigma = 0.5;
  const prior = rosenbrockPrior(survey.domain, { mean: 0, width: 1, curvature: 1, thickness: 0.3 });
  const d = Float64Array.of(1.2, 0.3);
  const { mean, covariance, exact, samples } = await referenceOf(vectorProblem({ survey, sigma, prior }), d);
  assert(!exact);
  assert(samples.length >= 20000);
  const logDensity = (x: Float64Array) =>
    prior.logDensity!(x) - ((x[0] - d[0]) ** 2 + (x[1] - d[1]) ** 2) / (2 * sigma ** 2);
  const truth = quadrature(logDensity, { from: -4, to: 5, cells: 600 });
  assertLess(departure({ mean, covariance, ess: 2000 }, truth), 4);
});

/** Moments of a density over a square by the midpoint rule. */
function quadrature(
  logDensity: (x: Float64Array) => number,
  { from, to, cells }: { from: number; to: number; cells: number },
) {
  const sums = { p: 0, x: [0, 0], xx: [0, 0, 0, 0] },
    at = (i: number) => from + (i + 0.5) * (to - from) / cells;
  for (let i = 0; i < cells; i++) {
    for (let j = 0; j < cells; j++) {
      const x = Float64Array.of(at(i), at(j)), p = Math.exp(logDensity(x));
      sums.p += p;
      for (let a = 0; a < 2; a++) {
        sums.x[a] += p * x[a];
        for (let b = 0; b < 2; b++) sums.xx[2 * a + b] += p * x[a] * x[b];
      }
    }
  }
  const mean = Float64Array.from(sums.x, (v) => v / sums.p);
  const covariance = Float64Array.from(sums.xx, (v, k) => v / sums.p - mean[k >> 1] * mean[k & 1]);
  return { mean, covariance };
}

Deno.test("the effective sample size of autoregressions is n (1 - a) / (1 + a) each, of independent draws n", () => {
  const n = 400, populations = 500;
  for (const a of [0.6, 0]) {
    const paths = Array.from({ length: populations }, (_, c) => {
      const e = normals64(fold(key, `path ${c}`), n), path = new Float64Array(n);
      for (let t = 1; t < n; t++) path[t] = a * path[t - 1] + e[t];
      return path;
    });
    const found = effectiveSampleSize({ size: 1, paths }) / (populations * n);
    assertLess(Math.abs(found / ((1 - a) / (1 + a)) - 1), 4 * Math.sqrt(2 / populations));
    assert(found <= 1);
  }
});
