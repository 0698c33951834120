import { assertGreater, assertLess } from "@std/assert";
import type { Flow } from "../../../core/contracts/flow.ts";
import type { CorrectionSpec } from "../../../core/contracts/spec.ts";
import { add, dispose, matMul, openEngine, tensor, zeros } from "../../../core/engine/mod.ts";
import { fitLatents } from "../../../core/inference/correct.ts";
import { type AmortizedPosterior, drawPosterior } from "../../../core/inference/draw.ts";
import { type Observation, type Problem, simulateObservations } from "../../../core/inference/simulate.ts";
import type { Standardization } from "../../../core/inference/standardize.ts";
import {
  cholesky,
  covarianceOf,
  drawGaussian,
  type FactoredGaussian,
  type Gaussian,
  gaussianPosterior,
} from "../../../core/linalg/mod.ts";
import { c2st } from "../../../core/metrics/c2st.ts";
import { fold, normals64, rootKey } from "../../../core/base/random.ts";
import { lowRankCorrection } from "../../../flows/corrections/low_rank.ts";
import { couplingFlow } from "../../../flows/networks/coupling.ts";
import { adamOptimizer } from "../../../flows/optimizers/adam.ts";
import { linearGaussian, unitStandardization } from "./toys.ts";

await openEngine("wasm");

/**
 * `d = J x + e` with a Gaussian prior, whose amortized posterior is exact; the observations' prior has another mean
 * and width. So the exact posterior is known, and so is what a correction to `target: latent` ends at.
 */
const d = 6, rows = 5, sigma = 0.5, key = rootKey(31);
const matrix = normals64(fold(key, "J"), rows * d);
const training: Gaussian = { mean: new Float64Array(d), covariance: correlated(1) };
const shifted: Gaussian = { mean: new Float64Array(d).fill(1.5), covariance: correlated(0.6) };

/** `variance exp(-|i - j| / 2)`. */
function correlated(variance: number): Float64Array {
  return Float64Array.from(
    { length: d * d },
    (_, k) => variance * Math.exp(-Math.abs(Math.floor(k / d) - k % d) / 2),
  );
}

const problemOf = ({ mean, covariance }: Gaussian): Problem =>
  linearGaussian({ matrix: [...matrix], sigma, mean: [...mean], covariance: [...covariance] });

/** The posterior of data under a prior, the data counted so many times. */
function posteriorOf(data: ArrayLike<number>, prior: Gaussian, times = 1): FactoredGaussian {
  const hessian = new Float64Array(d * d), rhs = new Float64Array(d), weight = times / sigma ** 2;
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < d; i++) {
      rhs[i] += weight * matrix[r * d + i] * data[r];
      for (let j = 0; j < d; j++) hessian[i * d + j] += weight * matrix[r * d + i] * matrix[r * d + j];
    }
  }
  return gaussianPosterior({ hessian, rhs, prior });
}

/** `x = scale u + mean`: constants that a density of x must not lose. */
const standardization: Standardization = {
  ...unitStandardization({ x: [d], y: [rows] }),
  xMean: Float64Array.from({ length: d }, (_, i) => 0.1 * i),
  xScale: Float64Array.from({ length: d }, (_, i) => 0.8 + 0.1 * i),
};

/** The exact posterior under the training prior as a flow of one observation: `u = (mean + F z - xMean) / xScale`. */
function exactlyAmortized(data: Float32Array): AmortizedPosterior {
  const { mean, factor } = posteriorOf(data, training), { xMean, xScale } = standardization;
  const l = cholesky(covarianceOf({ mean, factor }));
  const f = tensor(Float32Array.from(l, (v, k) => v / xScale[Math.floor(k / d)]), [d, d]);
  const centre = tensor(Float32Array.from(mean, (v, i) => (v - xMean[i]) / xScale[i]), [d]);
  const flow: Flow = {
    ...couplingFlow({ depth: 1, hidden: 2, shapes: { x: [d], context: [rows] } }),
    inverse: (_params, z) => add(matMul(z, f, false, true), centre),
    // A linear flow's logdet is constant, so it adds nothing to the derivative of z.
    pullback: (_params, x, _context, { dx }) => ({
      z: x.clone(),
      logdet: zeros([x.shape[0]]),
      dz: matMul(dx, f),
    }),
  };
  return { flow, params: {}, standardization };
}

const settings: CorrectionSpec = {
  kind: "low-rank",
  target: "posterior",
  passes: 700,
  samples: 32,
  antithetic: true,
  gradient: "total",
  encoding: "shots",
  holdout: 0,
  decay: 0.99,
  optimizer: { kind: "adam" },
};

const DRAWS = 40000;

/** Draws of the corrected posterior of one observation. */
async function corrected(
  observation: Observation,
  { target, problem }: { target: CorrectionSpec["target"]; problem: Problem },
): Promise<Float32Array> {
  const posterior = exactlyAmortized(observation.data);
  const fitted = await fitLatents({ ...problem, posterior, observation }, {
    correction: lowRankCorrection(d),
    optimizer: adamOptimizer({ rate: 0.05, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clip: 0 }),
    settings: { ...settings, target },
    stepsPerPass: 1,
    key: fold(key, "correct"),
  });
  const draws = { key: fold(key, "draws"), n: DRAWS, batch: DRAWS, corrected: fitted };
  const samples = await drawPosterior(posterior, observation.summary, draws);
  dispose(fitted.params);
  return samples;
}

/** The largest distance of the means in exact standard deviations, and the least and largest ratio of the widths. */
function departure(samples: Float32Array, exact: FactoredGaussian) {
  const covariance = covarianceOf(exact), rows: { shift: number; ratio: number }[] = [];
  for (let i = 0; i < d; i++) {
    let mean = 0, square = 0;
    for (let k = i; k < samples.length; k += d) {
      mean += samples[k] / DRAWS;
      square += samples[k] ** 2 / DRAWS;
    }
    const std = Math.sqrt(covariance[i * (d + 1)]);
    rows.push({ shift: Math.abs(mean - exact.mean[i]) / std, ratio: Math.sqrt(square - mean ** 2) / std });
  }
  const ratios = rows.map(({ ratio }) => ratio);
  return {
    shift: Math.max(...rows.map(({ shift }) => shift)),
    narrowest: Math.min(...ratios),
    widest: Math.max(...ratios),
  };
}

/** 2 % and what 40,000 draws leave of it: three standard errors. */
const NEAR = 0.02 + 3 / Math.sqrt(DRAWS);

const problem = problemOf(shifted);
const observations =
  (await Promise.all([1, 2].map((seed) => simulateObservations(problem, { key: rootKey(seed), n: 2 }))))
    .flat();

Deno.test("under a prior shift target posterior finds the exact mean and width of every component", async () => {
  for (const [i, observation] of observations.entries()) {
    const samples = await corrected(observation, { target: "posterior", problem });
    const { shift, narrowest, widest } = departure(samples, posteriorOf(observation.data, shifted));
    assertLess(shift, NEAR, `observation ${i}`);
    assertGreater(narrowest, 1 - NEAR, `observation ${i}`);
    assertLess(widest, 1 + NEAR, `observation ${i}`);
  }
});

Deno.test("target latent finds the training prior's posterior of data counted twice, which is neither exact nor wide enough", async () => {
  for (const [i, observation] of observations.entries()) {
    const samples = await corrected(observation, { target: "latent", problem });
    const twice = departure(samples, posteriorOf(observation.data, training, 2));
    assertLess(twice.shift, NEAR, `observation ${i}`);
    assertGreater(twice.narrowest, 1 - NEAR, `observation ${i}`);
    assertLess(twice.widest, 1 + NEAR, `observation ${i}`);
    const exact = departure(samples, posteriorOf(observation.data, shifted));
    assertGreater(exact.shift, 0.2, `observation ${i}`);
    assertLess(exact.narrowest, 0.9, `observation ${i}`);
  }
});

Deno.test("no classifier tells corrected from exact samples after target posterior, one does after target latent", async () => {
  const observation = observations[0], exact = posteriorOf(observation.data, shifted), n = 1000;
  const draw = (k: number) => drawGaussian(exact, normals64(fold(fold(key, "exact"), k), d));
  const x = firstTwo(Float32Array.from(Array.from({ length: n }, (_, k) => [...draw(k)]).flat()));
  const accuracyOf = async (target: CorrectionSpec["target"]) => {
    const y = firstTwo((await corrected(observation, { target, problem })).slice(0, n * d));
    return c2st({ x, y, size: 2 }, fold(key, "classifier")).accuracy;
  };
  assertLess(await accuracyOf("posterior"), 0.55);
  assertGreater(await accuracyOf("latent"), 0.6);
});

/** The first two components: a classifier in all of them takes minutes. */
function firstTwo(samples: Float32Array): Float32Array {
  return samples.filter((_, k) => k % d < 2);
}
