import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import type { CorrectionSpec } from "../../../core/contracts/spec.ts";
import { openEngine, tensorCount } from "../../../core/engine/mod.ts";
import { meanAndStd } from "../../../core/inference/evaluate.ts";
import { latentMode } from "../../../core/inference/latent_mode.ts";
import { type Problem, simulateObservations } from "../../../core/inference/simulate.ts";
import { referenceFor } from "../../../core/inference/reference_posterior.ts";
import {
  affineCoordinates,
  boxCoordinates,
  imageCoordinates,
  type NormalCoordinates,
  variationalPosterior,
} from "../../../core/inference/variational_posterior.ts";
import { cholesky, choleskyTiled, dot, tiled } from "../../../core/linalg/mod.ts";
import { fold, normals, rootKey } from "../../../core/base/random.ts";
import { lowRankCorrection } from "../../../flows/corrections/low_rank.ts";
import { meanCorrection } from "../../../flows/corrections/mean.ts";
import { adamOptimizer } from "../../../flows/optimizers/adam.ts";
import { identityFlow, linearGaussian, unitStandardization } from "./toys.ts";

const key = rootKey(31), size = 4;
const settings: CorrectionSpec = {
  kind: "low-rank",
  target: "latent",
  passes: 1000,
  samples: 16,
  antithetic: true,
  gradient: "path",
  encoding: "orthogonal",
  holdout: 0,
  decay: 0.995,
  optimizer: { kind: "adam" },
};
const optimizer = adamOptimizer({ rate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clip: 0 });

/** Four unknowns in three data, correlated a priori: the posterior is far from the prior in some directions. */
const mean = [1, -0.5, 0, 2];
const covariance = Array.from(
  { length: size * size },
  (_, k) => Math.exp(-Math.abs(k % size - Math.floor(k / size)) / 2),
);
const problem: Problem = linearGaussian({
  matrix: [...normals(fold(key, "matrix"), 3 * size)],
  sigma: 0.3,
  mean,
  covariance,
});

/** Largest error of means in exact standard deviations, and the ratios of standard deviations. */
async function errorsOf(samples: Float32Array, data: Float32Array) {
  const exact = await (await referenceFor(problem))!(data, { key, n: 2 }), found = meanAndStd(samples, size);
  const std = (i: number) => Math.sqrt(exact.covariance[i * (size + 1)]);
  return {
    off: Math.max(...exact.mean.map((m, i) => Math.abs(found.mean[i] - m) / std(i))),
    ratios: Array.from(found.std, (v, i) => v / std(i)),
  };
}

const gaussian = problem.prior.gaussian!;
/** The prior exactly, and by its density alone from a poor start. */
const starts: readonly [string, NormalCoordinates][] = [
  [
    "standard normal coordinates",
    affineCoordinates({ mean: gaussian.mean, factor: cholesky(gaussian.covariance) }),
  ],
  [
    "any coordinates and the prior's density",
    affineCoordinates({
      mean: new Float64Array(size),
      factor: Float64Array.from(covariance, (_, k) => k % (size + 1) === 0 ? 2 : 0),
      density: { logDensity: problem.prior.logDensity!, score: problem.prior.score! },
    }),
  ],
];

for (const [name, coordinates] of starts) {
  Deno.test(`variational inference finds a correlated Gaussian posterior: ${name}`, async () => {
    await openEngine("wasm");
    const [{ data }] = await simulateObservations(problem, { key: fold(key, "seen"), n: 1 });
    const { survey, noise } = problem, before = tensorCount();
    const samples = await variationalPosterior({ survey, noise, data }, coordinates, {
      correction: lowRankCorrection(size),
      optimizer,
      settings,
      stepsPerPass: 1,
      key,
      samples: 20000,
    });
    assertEquals(tensorCount(), before);
    const { off, ratios } = await errorsOf(samples, data);
    assertLess(off, 0.05);
    for (const ratio of ratios) assertAlmostEquals(ratio, 1, 0.04);
  });
}

Deno.test("without a step variational inference gives the prior", async () => {
  await openEngine("wasm");
  const { survey, noise } = problem, data = new Float32Array(3).fill(5);
  const samples = await variationalPosterior({ survey, noise, data }, starts[0][1], {
    correction: lowRankCorrection(size),
    optimizer,
    settings: { ...settings, passes: 0 },
    stepsPerPass: 1,
    key,
    samples: 20000,
  });
  const found = meanAndStd(samples, size);
  mean.forEach((m, i) => assertAlmostEquals(found.mean[i], m, 0.04));
  found.std.forEach((v) => assertAlmostEquals(v, 1, 0.03));
});

Deno.test("the most probable latents of a Gaussian posterior are its mean", async () => {
  await openEngine("wasm");
  // A flow that is z = x of unit coordinates: its posterior as prior is N(0, I) of x.
  const posterior = {
    flow: identityFlow({ x: [size], context: [3] }),
    params: {},
    standardization: unitStandardization({ x: [size], y: [3] }),
  };
  const [{ data, summary }] = await simulateObservations(problem, { key: fold(key, "seen"), n: 1 });
  const before = tensorCount();
  const options = { correction: meanCorrection, optimizer, stepsPerPass: 1, key };
  for (const target of ["latent", "posterior"] as const) {
    const found = await latentMode({ ...problem, posterior, observation: { data, summary } }, {
      ...options,
      settings: { ...settings, target, samples: 1, antithetic: false, gradient: "total", passes: 1500 },
    });
    const unit = linearGaussian({
      matrix: [...normals(fold(key, "matrix"), 3 * size)],
      sigma: 0.3,
      mean: [0, 0, 0, 0],
      covariance: covariance.map((_, k) => k % (size + 1) === 0 ? 1 : 0),
    });
    const model = target === "latent" ? unit : problem;
    const exact = await (await referenceFor(model))!(data, { key, n: 2 });
    found.forEach((v, i) => assertAlmostEquals(v, exact.mean[i], 2e-3));
  }
  assertEquals(tensorCount(), before);
});

/** Six cells, of which two are muted. */
const mask = Float32Array.of(1, 1, 0, 1, 1, 0);
const lower = Float64Array.of(-1, 0), upper = Float64Array.of(2, 0.5);
const maps: readonly [string, () => Promise<NormalCoordinates>, number][] = [
  ["vectors", () => Promise.resolve(starts[0][1]), size],
  ["a box", () => Promise.resolve(boxCoordinates({ lower, upper })), 2],
  ["images with muted cells", async () => {
    const { factor } = await choleskyTiled(
      tiled(4, (i, j) => Math.exp(-Math.abs(i - j))),
      new Float32Array(4),
    );
    return imageCoordinates(factor, mask);
  }, 6],
];

for (const [name, coordinatesOf, unknowns] of maps) {
  Deno.test(`normal coordinates pull gradients back by the transpose of their derivative: ${name}`, async () => {
    await openEngine("wasm");
    const coordinates = await coordinatesOf(), n = 3, { size } = coordinates, step = 1e-2;
    const r = normals(fold(key, "r"), n * size), v = normals(fold(key, "v"), n * size);
    const g = normals(fold(key, "g"), n * unknowns);
    const at = (by: number) => coordinates.unknowns(r.map((value, k) => value + by * v[k]), n);
    const [ahead, behind] = [await at(step), await at(-step)];
    const moved = ahead.map((value, k) => (value - behind[k]) / (2 * step));
    const pulled = await coordinates.pull(g, { r, n });
    assertAlmostEquals(dot(moved, g), dot(v, pulled), 1e-3 * Math.abs(dot(v, pulled)) + 1e-4);
    if (unknowns === 6) {
      for (let i = 0; i < n; i++) assertEquals([ahead[6 * i + 2], ahead[6 * i + 5]], [0, 0]);
    }
  });
}
