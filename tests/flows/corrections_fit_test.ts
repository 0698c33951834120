import { assertAlmostEquals, assertGreater, assertLess } from "@std/assert";
import type { LatentCorrection } from "../../core/contracts/correction.ts";
import {
  dispose,
  joinChannels,
  matMul,
  neg,
  openEngine,
  read,
  scope,
  sub,
  tensor,
  transpose,
} from "../../core/engine/mod.ts";
import {
  cholesky,
  type Gaussian,
  klGaussians,
  lowerSolve,
  productTransposed,
  upperSolve,
} from "../../core/linalg/mod.ts";
import { fold, normals64, rootKey } from "../../core/base/random.ts";
import { diagonalCorrection } from "../../flows/corrections/diagonal.ts";
import { flowCorrection } from "../../flows/corrections/flow.ts";
import { lowRankCorrection } from "../../flows/corrections/low_rank.ts";
import { meanCorrection } from "../../flows/corrections/mean.ts";
import { adamOptimizer } from "../../flows/optimizers/adam.ts";
import { randomTensor } from "./helpers.ts";

await openEngine("wasm");

const key = rootKey(3);
const d = 4, mean = Float64Array.of(1, -2, 0.5, 1.5);

/** Correlated in every direction. */
const dense: Gaussian = { mean, covariance: covarianceOfRows(normals64(fold(key, "dense"), d * d), 0.15) };
/** A diagonal and one direction more: `D + w w^T`. */
const thin: Gaussian = { mean, covariance: covarianceOfRows(Float64Array.of(1.2, 0.7, -1.5, 0.9), 0.3) };

/** `A A^T + ridge I`, A flat [d, columns]. */
function covarianceOfRows(a: Float64Array, ridge: number): Float64Array {
  const product = productTransposed(a, a, a.length / d);
  return product.map((v, k) => v + (k % (d + 1) === 0 ? ridge : 0));
}

/** `C^-1`, flat [d, d]. */
function inverseOf(covariance: Float64Array): Float64Array {
  const l = cholesky(covariance),
    unit = (i: number) => Float64Array.from({ length: d }, (_, j) => +(i === j));
  return Float64Array.from(
    Array.from({ length: d }, (_, i) => [...upperSolve(l, lowerSolve(l, unit(i)))]).flat(),
  );
}

/** Fits a correction to a normal target by the reverse KL divergence, and gives the moments of what it makes. */
async function fitted(correction: LatentCorrection, target: Gaussian): Promise<Gaussian> {
  const adam = adamOptimizer({ rate: 0.05, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, clip: 0 });
  const precision = tensor(Float32Array.from(inverseOf(target.covariance)), [d, d]);
  const centre = tensor(Float32Array.from(target.mean), [d]);
  let params = correction.init(key, [d]), state = adam.init(params);
  for (let step = 0; step < 800; step++) {
    const next = scope(() => {
      const half = randomTensor(fold(fold(key, "z"), step), [64, d]);
      const z = transpose(joinChannels([half, neg(half)].map((t) => transpose(t))));
      const dz = matMul(sub(correction.apply(params, z).z, centre), precision);
      const gradient = correction.gradient(params, z, dz);
      return adam.step(params, gradient, state, { step, rate: adam.rate * 0.992 ** step });
    });
    for (const old of [params, state]) dispose(old);
    ({ params, state } = next);
  }
  return momentsOf(await read(correction.apply(params, randomTensor(fold(key, "draws"), [DRAWS, d])).z));
}

const DRAWS = 40000;

function momentsOf(draws: Float32Array): Gaussian {
  const mean = new Float64Array(d), covariance = new Float64Array(d * d);
  draws.forEach((v, k) => mean[k % d] += v / DRAWS);
  for (let k = 0; k < draws.length; k += d) {
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        covariance[i * d + j] += (draws[k + i] - mean[i]) * (draws[k + j] - mean[j]) / DRAWS;
      }
    }
  }
  return { mean, covariance };
}

const standardDeviations = ({ covariance }: Gaussian) =>
  Float64Array.from({ length: d }, (_, i) => Math.sqrt(covariance[i * (d + 1)]));

/** Twice the divergence of the draws' moments times their number is chi-squared with 14 degrees of freedom, at best. */
const NOISE = 43 / 2 / DRAWS;

Deno.test("on a normal target the mean correction finds the mean and keeps the width", async () => {
  const { mean, covariance } = await fitted(meanCorrection, dense), std = standardDeviations(dense);
  for (let i = 0; i < d; i++) {
    assertLess(Math.abs(mean[i] - dense.mean[i]) / std[i], 0.03);
    assertAlmostEquals(covariance[i * (d + 1)], 1, 0.03);
  }
});

Deno.test("on a normal target the diagonal correction finds the mean and the conditional widths", async () => {
  const { mean, covariance } = await fitted(diagonalCorrection, dense), std = standardDeviations(dense);
  const precision = inverseOf(dense.covariance);
  for (let i = 0; i < d; i++) {
    assertLess(Math.abs(mean[i] - dense.mean[i]) / std[i], 0.03);
    const best = 1 / Math.sqrt(precision[i * (d + 1)]);
    assertAlmostEquals(Math.sqrt(covariance[i * (d + 1)]) / best, 1, 0.03);
    // The marginal widths, which it cannot have, are others.
    assertLess(best, 0.95 * std[i]);
  }
});

Deno.test("a low-rank correction of rank 1 finds a diagonal and one direction exactly, and no dense covariance", async () => {
  assertLess(klGaussians(await fitted(lowRankCorrection(1), thin), thin), 2 * NOISE);
  assertGreater(klGaussians(await fitted(lowRankCorrection(1), dense), dense), 20 * NOISE);
});

Deno.test("a low-rank correction of full rank finds any covariance exactly", async () => {
  assertLess(klGaussians(await fitted(lowRankCorrection(d), dense), dense), 2 * NOISE);
});

Deno.test("a flow correction finds a dense covariance to a hundredth of a nat, a diagonal one does not", async () => {
  assertLess(klGaussians(await fitted(flowCorrection({ depth: 2, hidden: 32 }), dense), dense), 0.01);
  assertGreater(klGaussians(await fitted(diagonalCorrection, dense), dense), 0.2);
});
