import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { momentsOf } from "../../../core/inference/convergence.ts";
import { latentProposal, resample, rowsAt, weighDraws } from "../../../core/inference/importance.ts";
import type { LatentTarget } from "../../../core/inference/latent_target.ts";
import { smoothWeights } from "../../../core/metrics/mod.ts";
import { fold, rootKey } from "../../../core/base/random.ts";

const key = rootKey(71), size = 2;

/** N(mean, sigma^2 I) as a target; x is z. */
function normalTarget(mean: number, sigma: number): LatentTarget {
  return (z, n) => {
    const values = new Float64Array(n);
    z.forEach((v, k) => values[Math.floor(k / size)] -= (v - mean) ** 2 / (2 * sigma ** 2));
    const gradient = z.map((v) => -(v - mean) / sigma ** 2);
    return Promise.resolve({ values, gradient, x: z, misfits: values.map((v) => -v) });
  };
}

const weighed = (target: LatentTarget, n = 10000) =>
  weighDraws(target, latentProposal([size]), { key: fold(key, "draws"), n, size });

Deno.test("weighted and resampled draws have the moments of an exact normal", async () => {
  const draws = await weighed(normalTarget(0.5, 0.8)),
    { weights, kHat, ess } = smoothWeights(draws.logWeights);
  assertLess(kHat, 0.5);
  const chosen = rowsAt(draws.x, resample(weights, { key, n: 10000 }), size);
  const { mean, covariance } = momentsOf({ size, paths: [Float64Array.from(chosen)] });
  for (let i = 0; i < size; i++) {
    assertAlmostEquals(mean[i], 0.5, 4 * 0.8 / Math.sqrt(ess));
    assertAlmostEquals(covariance[3 * i] / 0.64, 1, 4 * Math.sqrt(2 / ess));
  }
});

Deno.test("k-hat refuses a posterior that is too narrow, and lets pass one that is too wide", async () => {
  assertGreater(smoothWeights((await weighed(normalTarget(0, 2.5))).logWeights).kHat, 0.7);
  assertLess(smoothWeights((await weighed(normalTarget(0, 0.6))).logWeights).kHat, 0.5);
});

Deno.test("systematic resampling draws each index as often as its weight says, rounded up or down", () => {
  const weights = Float64Array.of(0.5, 0, 0.2, 0.3), n = 97;
  for (let trial = 0; trial < 20; trial++) {
    const counts = [0, 0, 0, 0];
    for (const i of resample(weights, { key: fold(key, trial), n })) counts[i]++;
    counts.forEach((count, i) => assert(Math.abs(count - n * weights[i]) < 1, `${count} of index ${i}`));
  }
  assertEquals(resample(weights, { key, n }), resample(weights, { key, n }));
});
