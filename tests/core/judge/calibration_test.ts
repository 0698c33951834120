import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { linearEstimator } from "../../../core/inference/linear_estimator.ts";
import { referenceFor } from "../../../core/inference/reference_posterior.ts";
import { simulatePairs } from "../../../core/inference/simulate.ts";
import { calibrationStage } from "../../../core/judge/calibration.ts";
import { fold, rootKey } from "../../../core/base/random.ts";
import type { Sampler } from "../../../core/methods/method.ts";
import { linearGaussian } from "../inference/toys.ts";

const key = rootKey(81);
const problem = linearGaussian({
  matrix: [1, 0.5, 0, -0.4, 1, 0.3, 0.2, 0, 1],
  sigma: 0.5,
  mean: [0, 1, 0],
  covariance: [1, 0.5, 0.2, 0.5, 1, 0.5, 0.2, 0.5, 1],
});

/** Exact samples of each observation, then what a fault makes of them. */
async function faulty(
  fault: (x: number, exact: { mean: number; std: number }) => number,
): Promise<Sampler> {
  const reference = (await referenceFor(problem))!;
  return async ({ data }, options) => {
    const { samples, mean, covariance } = await reference(data, options), size = mean.length;
    return samples.map((x, k) => {
      const i = k % size;
      return fault(x, { mean: mean[i], std: Math.sqrt(covariance[i * (size + 1)]) });
    });
  };
}

Deno.test("a run whose sampler is exact passes; one biased, too narrow or that draws the prior is rejected", async () => {
  const pairs = await simulatePairs(problem, { key: fold(key, "pairs"), n: 500 });
  const recorded = new Map<string, readonly number[]>();
  const samplers: Record<string, Sampler> = {
    exact: await faulty((x) => x),
    biased: await faulty((x, { std }) => x + std / 2),
    narrow: await faulty((x, { mean }) => (x + mean) / 2),
    prior: (_, { key, n }) => problem.prior.sample(key, n),
  };
  const found = await calibrationStage({ observations: 100, samples: 49, corrected: false }, {
    problem,
    samplers,
    estimator: linearEstimator(pairs, { x: problem.survey.domain, y: problem.summary.space }),
    slug: "toy",
    key,
    recorder: { array: (path, _, shape) => Promise.resolve(void recorded.set(path, shape)) },
    progress: { update() {}, say() {} } as never,
  });
  assertGreater(found.exact.pValue, 0.05);
  for (const method of ["biased", "narrow", "prior"]) assertLess(found[method].pValue, 0.01, method);
  // The prior is found by what depends on the data alone.
  const { sbc: { misfit, ...projections }, tarp } = found.prior;
  assertGreater(Math.min(...Object.values(projections)), 0.01);
  assertLess(Math.max(misfit, tarp), 0.001);
  assertEquals(Object.keys(found.exact.sbc).length, 5);
  assertEquals(recorded.get("toy/calibration/exact-ranks"), [6, 100]);
});
