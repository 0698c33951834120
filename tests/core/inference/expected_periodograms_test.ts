import { assertAlmostEquals, assertGreater, assertLess } from "@std/assert";
import { openEngine } from "../../../core/engine/mod.ts";
import {
  expectedPeriodograms,
  fitWindows,
  scaledPeriodograms,
} from "../../../core/inference/expected_periodograms.ts";
import { gainCovariance } from "../../../core/inference/gain_prior.ts";
import { drawLocal } from "../../../core/inference/local_prior.ts";
import { gainDeviations } from "../../../core/inference/whittle.ts";
import {
  cholesky,
  multiplySymmetricTiled,
  multiplyVector,
  periodograms,
  tiled,
} from "../../../core/linalg/mod.ts";
import { settings, smallPrior } from "./local_gains.ts";
import { fold, normals, normals64, rootKey } from "../../../core/base/random.ts";

await openEngine("wasm");

const side = 32, n = side ** 2, key = rootKey(71), count = 200;
const prior = smallPrior(side, key);
const bands = prior.spectra.length;

/** Data that see cells and their neighbours below, better above than below: H is tridiagonal down the columns. */
const strength = (i: number) => 8 - 4 * Math.floor(i / side) / side;
const hessian = tiled(n, (i, j) => i === j ? strength(i) : Math.abs(i - j) === side ? 0.3 * strength(i) : 0);
/** Draws of noise; white for this test, since only its periodograms are used. */
const noiseOf = (name: string, draws: number) => normals(fold(key, name), draws * n).map((v) => 2 * v);
const expected = await expectedPeriodograms(prior, {
  hessian,
  noise: noiseOf("noise", count),
  key,
  n: count,
});

async function migrations(logGains: Float64Array, name: string, draws: number) {
  const x = drawLocal(prior, { logGains, key: fold(key, name), n: draws });
  const noise = noiseOf(`noise of ${name}`, draws);
  return (await multiplySymmetricTiled(hessian, x)).map((v, k) => v + noise[k]);
}

Deno.test("expectations are linear in gains that are alike in all windows", async () => {
  const band = [0.7, -1, 1.2, 0.3],
    logGains = Float64Array.from({ length: 2 * bands }, (_, k) => band[k % bands]);
  const found = await migrations(logGains, "alike", 200);
  prior.windows.tapers.forEach((taper, w) => {
    const { noise, bands: parts } = expected[w], bins = noise.length;
    const all = periodograms(found, { ...prior.windows, taper });
    let ratio = 0, square = 0;
    noise.forEach((v, k) => {
      const wanted = parts.reduce((sum, part, b) => sum + Math.exp(band[b]) * part[k], v);
      let mean = 0;
      for (let i = 0; i < 200; i++) mean += all[i * bins + k] / 200;
      ratio += mean / wanted / bins;
      square += (mean / wanted - 1) ** 2 / bins;
    });
    assertLess(Math.abs(ratio - 1), 0.02);
    assertLess(Math.sqrt(square), 0.15); // 1 / sqrt(200) of each of the two means
  });
});

Deno.test("gains that differ from window to window are recovered within their errors", async () => {
  const scores: number[] = [], spread = cholesky(gainCovariance(settings));
  for (let i = 0; i < 12; i++) {
    const truth = multiplyVector(spread, normals64(fold(fold(key, "truth"), i), 2 * bands));
    const fit = fitWindows(await migrations(truth, `local ${i}`, 1), prior, expected);
    const deviations = gainDeviations(fit);
    fit.logGains.forEach((v, k) => scores.push((v - truth[k]) / deviations[k]));
  }
  const square = scores.reduce((sum, v) => sum + v * v, 0) / scores.length;
  assertLess(square, 2); // the windows overlap and the fields vary within them
  assertGreater(square, 0.5);
});

Deno.test("another level of noise scales the parts of an expectation as it scales a migration", () => {
  const [scaled] = scaledPeriodograms(expected, 0.3);
  scaled.noise.forEach((v, k) => assertAlmostEquals(v, 0.3 * expected[0].noise[k], 1e-12));
  scaled.bands[1].forEach((v, k) => assertAlmostEquals(v, 0.09 * expected[0].bands[1][k], 1e-9));
});
