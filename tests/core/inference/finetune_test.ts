import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import type { WeightCorrection } from "../../../core/contracts/correction.ts";
import type { CorrectionSpec } from "../../../core/contracts/spec.ts";
import { dispose, mul, openEngine, read, sum, tensor, tensorCount } from "../../../core/engine/mod.ts";
import { fitCorrection } from "../../../core/inference/correct.ts";
import type { CorrectionOptions, CorrectionProblem } from "../../../core/inference/correction_task.ts";
import { drawPosterior } from "../../../core/inference/draw.ts";
import { simulateObservations } from "../../../core/inference/simulate.ts";
import type { Standardization } from "../../../core/inference/standardize.ts";
import { weightDivergence } from "../../../core/inference/weight_objective.ts";
import { covarianceOf, gaussianPosterior } from "../../../core/linalg/mod.ts";
import { fold, normals, normals64, rootKey } from "../../../core/base/random.ts";
import { weightCorrection } from "../../../flows/corrections/finetune.ts";
import { affine } from "../../../flows/layers/affine.ts";
import { spline } from "../../../flows/layers/spline.ts";
import { couplingFlow } from "../../../flows/networks/coupling.ts";
import { adamOptimizer } from "../../../flows/optimizers/adam.ts";
import { moved, perturbed } from "../../flows/helpers.ts";
import { linearGaussian, unitStandardization } from "./toys.ts";

await openEngine("wasm");

const d = 4, rows = 3, sigma = 0.5, key = rootKey(61);
const matrix = normals64(fold(key, "J"), rows * d);
const mean = new Float64Array(d).fill(0.5);
const covariance = Float64Array.from(
  { length: d * d },
  (_, k) => Math.exp(-Math.abs(Math.floor(k / d) - k % d)),
);
const toy = linearGaussian({ matrix: [...matrix], sigma, mean: [...mean], covariance: [...covariance] });
const standardization: Standardization = {
  ...unitStandardization({ x: [d], y: [rows] }),
  xMean: Float64Array.from({ length: d }, (_, i) => 0.2 * i),
  xScale: Float64Array.from({ length: d }, (_, i) => 0.7 + 0.2 * i),
};
const [observation] = await simulateObservations(toy, { key: fold(key, "observation"), n: 1 });
const settings: CorrectionSpec = {
  kind: "finetune",
  target: "posterior",
  passes: 1,
  samples: 4,
  antithetic: true,
  gradient: "total",
  encoding: "shots",
  holdout: 0,
  decay: 1,
  optimizer: { kind: "adam" },
};

/** A flow that is no posterior of anything, and the observation that its weights are to be fitted to. */
function problemOf(transform = affine): CorrectionProblem {
  const flow = couplingFlow({ depth: 3, hidden: 16, shapes: { x: [d], context: [rows] }, transform });
  const batch = {
    x: tensor(normals(key, 32 * d), [32, d]),
    context: tensor(normals(key, 32 * rows), [32, rows]),
  };
  const params = perturbed(flow.init(fold(key, "flow"), batch), fold(key, "weights"));
  return { ...toy, posterior: { flow, params, standardization }, observation };
}

const optionsOf = (
  changes: Partial<CorrectionSpec> = {},
  rate = 0.005,
): CorrectionOptions<WeightCorrection> => ({
  correction: weightCorrection,
  optimizer: adamOptimizer({ rate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clip: 0 }),
  settings: { ...settings, ...changes },
  stepsPerPass: 1,
  key: fold(key, "correct"),
});

for (const target of ["latent", "posterior"] as const) {
  for (const [name, transform] of Object.entries({ affine, spline: spline({ bins: 4, bound: 3 }) })) {
    Deno.test(`${name}, ${target}: the weights' gradient is the derivative of the divergence`, async () => {
      const problem = problemOf(transform), objective = weightDivergence(problem, optionsOf({ target }));
      const at = perturbed(objective.start, fold(key, "at"), 0.05); // away from the trained flow, which is the prior
      const { gradient } = await objective.gradientAt(at, 0);
      assertEquals(Object.keys(gradient).sort(), Object.keys(at).sort());
      let slope = 0;
      for (const g of Object.values(gradient)) slope += (await read(sum(mul(g, g))))[0];
      const value = async (h: number) => (await objective.gradientAt(moved(at, gradient, h), 0)).objective;
      const h = 0.02 / Math.sqrt(slope);
      assertAlmostEquals(
        (await value(h) - await value(-h)) / (2 * h) / slope,
        1,
        name === "spline" ? 5e-2 : 2e-2,
      ); // a spline has kinks
    });
  }
}

/** Largest distance of the means in exact standard deviations, and least and largest ratio of the widths. */
function departure(samples: Float32Array) {
  const hessian = new Float64Array(d * d), rhs = new Float64Array(d);
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < d; i++) {
      rhs[i] += matrix[r * d + i] * observation.data[r] / sigma ** 2;
      for (let j = 0; j < d; j++) hessian[i * d + j] += matrix[r * d + i] * matrix[r * d + j] / sigma ** 2;
    }
  }
  const exact = gaussianPosterior({ hessian, rhs, prior: { mean, covariance } });
  const variances = covarianceOf(exact), n = samples.length / d;
  const found = Array.from({ length: d }, (_, i) => {
    const own = Array.from({ length: n }, (_, k) => samples[k * d + i]), m = own.reduce((a, b) => a + b) / n;
    const std = Math.sqrt(variances[i * (d + 1)]);
    const width = Math.sqrt(own.reduce((a, b) => a + (b - m) ** 2, 0) / n);
    return { shift: Math.abs(m - exact.mean[i]) / std, ratio: width / std };
  });
  return {
    shift: Math.max(...found.map(({ shift }) => shift)),
    ratios: [Math.min(...found.map(({ ratio }) => ratio)), Math.max(...found.map(({ ratio }) => ratio))],
  };
}

Deno.test("fitted to one observation, the weights give its exact posterior, and no tensor is left behind", async () => {
  const problem = problemOf(), draws = { key: fold(key, "draws"), n: 4000, batch: 4000 };
  const before = departure(await drawPosterior(problem.posterior, observation.summary, draws));
  assert(before.shift > 0.5 || before.ratios[1] > 1.5, JSON.stringify(before));
  const count = tensorCount().tensors;
  const options = optionsOf({ passes: 600, samples: 32, decay: 0.995 }, 0.01);
  const fitted = await fitCorrection(problem, options);
  assertEquals(tensorCount().tensors - count, Object.keys(problem.posterior.params).length);
  const after = departure(
    await drawPosterior(problem.posterior, observation.summary, { ...draws, corrected: fitted }),
  );
  assertLess(after.shift, 0.06);
  assert(after.ratios[0] > 0.94 && after.ratios[1] < 1.06, JSON.stringify(after));
  assert(fitted.changes === "weights");
  dispose(fitted.weights);
  assertEquals(tensorCount().tensors, count);
});
