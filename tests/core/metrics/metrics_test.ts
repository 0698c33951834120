import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import type { Judgement } from "../../../core/contracts/metric.ts";
import { quantile, summarise } from "../../../core/metrics/mod.ts";
import { metrics } from "./by_kind.ts";
import { fold, type Key, normals64, rootKey, uniforms } from "../../../core/base/random.ts";
import { image as imageOf, vector } from "../../spaces.ts";

const key = rootKey(7);

/** Truths and samples of N(centre_i, 1) at each of `size` cells; the sampler's spread and bias can be wrong. */
function posterior(
  { n = 64, size = 4000, spread = 1, bias = 0 }: {
    n?: number;
    size?: number;
    spread?: number;
    bias?: number;
  },
): Judgement {
  const centre = normals64(fold(key, "centre"), size).map((v) => 3 * v);
  const truth = normals64(fold(key, "truth"), size).map((v, i) => centre[i] + v);
  const samples = normals64(fold(key, "samples"), n * size).map((v, k) =>
    centre[k % size] + bias + spread * v
  );
  const mean = centre.map((v) => v + bias), std = centre.map(() => spread);
  return { truth, mean, std, samples, space: vector(size), mask: new Float32Array(size).fill(1) };
}

function image(of: Key, shape: readonly [number, number]): Float64Array {
  return uniforms(of, shape[0] * shape[1]);
}

Deno.test("snr is 20 dB for an error of a tenth of the truth", () => {
  const truth = Float64Array.of(3, -4), mean = Float64Array.of(3.3, -4.4);
  const { snr } = metrics.snr.evaluate({ truth, mean, space: vector(2), mask: Float32Array.of(1, 1) });
  assertAlmostEquals(snr, 20, 1e-9);
});

Deno.test("rmse is the hand-computed root mean square", () => {
  const truth = Float64Array.of(1, 2, 3, 4), mean = Float64Array.of(1, 5, 3, 0);
  assertEquals(metrics.rmse.evaluate({ truth, mean, space: vector(4), mask: Float32Array.of(1, 1, 1, 1) }), {
    rmse: 2.5,
  });
});

Deno.test("cells with mask 0 change no metric, whatever stands in them", () => {
  const shape = [16, 16] as const, size = 256, n = 12;
  const mask = Float32Array.from({ length: size }, (_, i) => i < 48 ? 0 : 1);
  const truth = image(fold(key, "t"), shape), mean = image(fold(key, "m"), shape);
  const std = image(fold(key, "s"), shape), samples = normals64(fold(key, "x"), n * size);
  const spoil = (x: Float64Array) => x.map((v, k) => mask[k % size] === 0 ? 1e3 * (k + 1) : v);
  for (const [name, metric] of Object.entries(metrics)) {
    const judge = (f: (x: Float64Array) => Float64Array) =>
      metric.evaluate({
        truth: f(truth),
        mean: f(mean),
        std: f(std),
        samples: f(samples),
        space: imageOf(shape),
        mask,
        dataResidual: 1,
      });
    assertEquals(judge(spoil), judge((x) => x), name);
  }
});

Deno.test("ssim is 1 for equal images and follows the luminance term for a constant offset", () => {
  const shape = [20, 24] as const, mask = new Float32Array(480).fill(1);
  const truth = Float64Array.from({ length: 480 }, (_, i) => i === 0 ? 1 : 0);
  assertAlmostEquals(
    metrics.ssim.evaluate({ truth, mean: truth, space: imageOf(shape), mask }).ssim,
    1,
    1e-12,
  );
  const offset =
    metrics.ssim.evaluate({ truth, mean: truth.map((v) => v + 0.5), space: imageOf(shape), mask }).ssim;
  const far = 0.01 ** 2 / (0.5 ** 2 + 0.01 ** 2); // where the truth's window is 0: (c1) / (0.25 + c1)
  assertGreater(offset, far);
  assertLess(offset, far + 40 / 480); // only the windows that see the spike differ
});

Deno.test("ssim agrees with the definition summed directly over the window", () => {
  const shape = [9, 13] as const, [rows, columns] = shape, mask = new Float32Array(rows * columns).fill(1);
  const truth = image(fold(key, "a"), shape), mean = image(fold(key, "b"), shape);
  const range = Math.max(...truth) - Math.min(...truth), c1 = (0.01 * range) ** 2, c2 = (0.03 * range) ** 2;
  let total = 0;
  for (let i = 0; i < rows * columns; i++) {
    const w = Float64Array.from(truth, (_, j) => {
      const dz = Math.floor(j / columns) - Math.floor(i / columns), dx = (j % columns) - (i % columns);
      return Math.max(Math.abs(dz), Math.abs(dx)) > 5 ? 0 : Math.exp(-(dz * dz + dx * dx) / 4.5);
    });
    const norm = w.reduce((s, v) => s + v, 0);
    const e = (f: (j: number) => number) => w.reduce((s, v, j) => s + v * f(j), 0) / norm;
    const x = e((j) => truth[j]), y = e((j) => mean[j]);
    const vx = e((j) => (truth[j] - x) ** 2), vy = e((j) => (mean[j] - y) ** 2);
    const cov = e((j) => (truth[j] - x) * (mean[j] - y));
    total += (2 * x * y + c1) * (2 * cov + c2) / ((x * x + y * y + c1) * (vx + vy + c2));
  }
  assertAlmostEquals(
    metrics.ssim.evaluate({ truth, mean, space: imageOf(shape), mask }).ssim,
    total / (rows * columns),
    1e-9,
  );
});

Deno.test("quantiles of 1..9 stand at p (n + 1), clamped to the ends", () => {
  const x = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  assertEquals([0.5, 0.25, 0.1, 0.01, 0.99].map((p) => quantile(x, p)), [5, 2.5, 1, 1, 9]);
});

Deno.test("coverage of an exact posterior is nominal, even from 39 samples", () => {
  const { coverage50, coverage90, coverage95 } = metrics.coverage.evaluate(posterior({ n: 39 }));
  // Binomial standard errors at 4000 cells: 0.008, 0.005, 0.0035; three of them.
  assertAlmostEquals(coverage50, 0.5, 0.024);
  assertAlmostEquals(coverage90, 0.9, 0.015);
  assertAlmostEquals(coverage95, 0.95, 0.011);
});

Deno.test("an over-confident posterior loses coverage as the normal distribution says", () => {
  const { coverage90 } = metrics.coverage.evaluate(posterior({ n: 199, spread: 0.5 }));
  assertAlmostEquals(coverage90, 0.589, 0.025); // P(|N| < 1.645 / 2)
});

Deno.test("an under-confident posterior covers too much", () => {
  assertGreater(metrics.coverage.evaluate(posterior({ spread: 2 })).coverage50, 0.7);
});

Deno.test("crps of two samples is the hand-computed one", () => {
  const judgement = {
    truth: Float64Array.of(1),
    mean: Float64Array.of(1),
    samples: Float64Array.of(4, 0),
    space: vector(1),
    mask: Float32Array.of(1),
  };
  // E|X - 1| = (3 + 1) / 2; the only pair of different samples is 4 apart: 2 - 4 / 2 = 0.
  assertAlmostEquals(metrics.crps.evaluate(judgement).crps, 0, 1e-12);
});

Deno.test("crps of an exact standard normal posterior is 1 / sqrt(pi), without bias from few samples", () => {
  for (const n of [4, 64]) {
    assertAlmostEquals(
      metrics.crps.evaluate(posterior({ n })).crps,
      1 / Math.sqrt(Math.PI),
      0.025,
      `n = ${n}`,
    );
  }
});

Deno.test("crps is worse for biased, over-confident and under-confident samplers", () => {
  const exact = metrics.crps.evaluate(posterior({})).crps;
  for (const wrong of [{ bias: 1 }, { spread: 0.3 }, { spread: 2.5 }]) {
    assertGreater(metrics.crps.evaluate(posterior(wrong)).crps, exact + 0.05, JSON.stringify(wrong));
  }
});

Deno.test("a biased posterior has less snr and a larger rmse", () => {
  const exact = posterior({}), biased = posterior({ bias: 1 });
  assertLess(metrics.snr.evaluate(biased).snr, metrics.snr.evaluate(exact).snr - 2);
  assertAlmostEquals(metrics.rmse.evaluate(biased).rmse, Math.SQRT2, 0.05);
});

Deno.test("calibration error is 0 where the spread is the error's, 1 at half the spread, 1/2 at double", () => {
  assertLess(metrics.calibration.evaluate(posterior({})).calibrationError, 0.08);
  assertAlmostEquals(metrics.calibration.evaluate(posterior({ spread: 0.5 })).calibrationError, 1, 0.08);
  assertAlmostEquals(metrics.calibration.evaluate(posterior({ spread: 2 })).calibrationError, 0.5, 0.04);
});

Deno.test("calibration error sees a spread that is right on average and wrong cell by cell", () => {
  const right = posterior({});
  const std = Float64Array.from(right.truth, (_, i) => i % 2 ? Math.SQRT2 * 0.99 : 0.2);
  assertGreater(metrics.calibration.evaluate({ ...right, std }).calibrationError, 1);
});

Deno.test("point estimates have no probabilistic metrics, and vectors no ssim", () => {
  const { truth, mean, space, mask } = posterior({ n: 2, size: 4 });
  for (const name of ["coverage", "crps", "calibration", "data-residual", "ssim"]) {
    assertEquals(metrics[name].evaluate({ truth, mean, space, mask }), {}, name);
  }
  assertEquals(metrics["data-residual"].evaluate({ truth, mean, space, mask, dataResidual: 1.1 }), {
    dataResidual: 1.1,
  });
});

Deno.test("summarise gives the mean and its standard error", () => {
  const { mean, standardError } = summarise([2, 4, 4, 6]);
  assertEquals(mean, 4);
  assertAlmostEquals(standardError, Math.sqrt(8 / 3 / 4), 1e-12);
  assert(Number.isNaN(summarise([1]).standardError));
});
