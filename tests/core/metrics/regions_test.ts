import { assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { energyScore } from "../../../core/metrics/mod.ts";
import { metrics } from "./by_kind.ts";
import { fold, normals64, rootKey } from "../../../core/base/random.ts";
import { image as imageOf, vector } from "../../spaces.ts";

const key = rootKey(91), SHAPE = [6, 50], SIZE = 300, N = 199;

/** Standard normal truths and samples of an image, whose samples are half as wide in some cells. */
function judgement(narrow: (cell: number) => boolean) {
  const truth = normals64(fold(key, "truth"), SIZE);
  const samples = normals64(fold(key, "samples"), N * SIZE).map((v, k) => narrow(k % SIZE) ? v / 2 : v);
  const mask = new Float32Array(SIZE).fill(1).fill(0, 0, 50);
  return { truth, mean: truth, samples, space: imageOf(SHAPE), mask };
}

Deno.test("coverage by depth finds over-confidence in the rows that have it, and leaves muted rows out", () => {
  const found = metrics["coverage-by-depth"].evaluate(judgement((cell) => cell >= 200));
  assertEquals(Object.keys(found), [
    "coverageByDepthShallow",
    "coverageByDepthMiddle",
    "coverageByDepthDeep",
  ]);
  // 50 and 100 cells: binomial standard errors 0.04 and 0.03, of the last 0.05.
  assertLess(Math.abs(found.coverageByDepthShallow - 0.9), 0.12);
  assertLess(Math.abs(found.coverageByDepthMiddle - 0.9), 0.09);
  assertLess(Math.abs(found.coverageByDepthDeep - 0.589), 0.15); // P(|N| < 1.645 / 2)
  const muted = judgement(() => false);
  muted.samples.forEach((_, k) => muted.samples[k] = k % SIZE < 50 ? 100 : muted.samples[k]);
  assertGreater(metrics["coverage-by-depth"].evaluate(muted).coverageByDepthShallow, 0.75);
});

Deno.test("coverage by illumination groups cells by their light, not by their place", () => {
  const illumination = Float64Array.from({ length: SIZE }, (_, i) => (i * 7919) % 300);
  const dim = judgement((cell) => illumination[cell] < 100);
  const found = metrics["coverage-by-illumination"].evaluate({ ...dim, illumination });
  assertLess(Math.abs(found.coverageByIlluminationDim - 0.589), 0.17);
  for (const name of ["Medium", "Bright"]) {
    assertLess(Math.abs(found[`coverageByIllumination${name}`] - 0.9), 0.11);
  }
  assertEquals(metrics["coverage-by-illumination"].evaluate(dim), {});
});

Deno.test("vectors and point estimates have no regions", () => {
  const image = judgement(() => false);
  assertEquals(metrics["coverage-by-depth"].evaluate({ ...image, space: vector(SIZE) }), {});
  assertEquals(metrics["coverage-by-depth"].evaluate({ ...image, samples: undefined }), {});
});

Deno.test("the energy score of a run is that of the cells that count", () => {
  const { truth, samples, ...rest } = judgement(() => false);
  const free = (x: Float64Array) => x.filter((_, k) => k % SIZE >= 50);
  const expected = energyScore({ truth: free(truth), samples: free(samples) }).value;
  const found = metrics["energy-score"].evaluate({ truth, samples, ...rest });
  assertAlmostEquals(found.energyScore, expected, 1e-9);
});

Deno.test("contraction is 3/4 where the samples have half the prior's deviation, without cells of no spread", () => {
  const narrow = judgement(() => true), priorVariance = new Float64Array(SIZE).fill(1).fill(0, 250);
  const found = metrics.contraction.evaluate({ ...narrow, priorVariance });
  assertAlmostEquals(found.contraction, 0.75, 0.01);
  assertEquals(metrics.contraction.evaluate(narrow), {});
});

Deno.test("C2ST of a run is near 1/2 beside samples of the reference, near 1 far from them", () => {
  const draw = (name: string, shift: number) => normals64(fold(key, name), 200).map((v) => v + shift);
  const c2st = (shift: number) => {
    const samples = draw("own", shift), exact = draw("exact", 0);
    const reference = {
      mean: new Float64Array(2),
      covariance: Float64Array.of(1, 0, 0, 1),
      exact: true,
      samples: exact,
    };
    const zero = new Float64Array(2), mask = Float32Array.of(1, 1);
    return metrics.c2st.evaluate({ truth: zero, mean: zero, samples, space: vector(2), mask, reference, key })
      .c2st;
  };
  assertLess(Math.abs(c2st(0) - 0.5), 0.15);
  assertGreater(c2st(6), 0.98);
});
