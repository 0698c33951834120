import { assertGreater, assertLess } from "@std/assert";
import type { NoiseModel } from "../../../core/contracts/problem.ts";
import { openEngine, tensorCount } from "../../../core/engine/mod.ts";
import { freeCells, freeValues } from "../../../core/inference/covariance.ts";
import {
  imagePairs,
  migratedNoise,
  noiseCovariance,
  noiseRoot,
} from "../../../core/inference/image_pairs.ts";
import { surveyInformation } from "../../../core/inference/information.ts";
import { observe } from "../../../core/inference/simulate.ts";
import { dot, elementOf, norm, type Tiled } from "../../../core/linalg/mod.ts";
import { fold, normals, normals64, rootKey } from "../../../core/base/random.ts";
import { bandLimited } from "../../../physics/noise/band_limited.ts";
import { whiteNoise } from "../../../physics/noise/gaussian.ts";
import { smallSurvey, wavelet } from "./small_survey.ts";

await openEngine("wasm");

const survey = smallSurvey(), assembled = await survey.assemble!(), key = rootKey(79);
const { mask } = survey, cells = freeCells(mask), n = cells.length, size = mask.length;
const floored = bandLimited({ wavelet, sigma: 1e-3, likelihood: "coloured", floor: 0.05 });
const white = whiteNoise(1e-3);

/** The whitened migration of wave-made data, over the free cells. */
async function byWaves(noise: NoiseModel, data: Float32Array): Promise<Float32Array> {
  const whiten = (d: Float32Array | Float64Array) => noise.whiten(d, survey.shotRange);
  const images = await survey.stacked.adjoint(whiten(whiten(data)));
  return freeValues(new Float32Array(images), { cells, size });
}

const difference = (a: Float32Array, b: Float32Array) => norm(a.map((v, i) => v - b[i])) / norm(b);
const at = (m: Tiled, i: number, j: number) => elementOf(m, Math.max(i, j), Math.min(i, j));
const trace = (m: Tiled) => Array.from({ length: n }, (_, i) => elementOf(m, i, i)).reduce((a, b) => a + b);
/** `v^T M v`. */
const form = (m: Tiled, v: Float64Array) =>
  dot(v, v.map((_, i) => v.reduce((sum, w, j) => sum + at(m, i, j) * w, 0)));

Deno.test("a pair's parts in image space are those that waves make of the same unknown and noise", async () => {
  for (const noise of [floored, white]) {
    const x = normals(fold(key, "x"), size).map((v, i) => mask[i] * v);
    const draws = await migratedNoise({ survey, assembled, noise }, { key, n: 2, cells: n });
    for (const k of [0, 1]) {
      const data = await observe({ survey, noise }, new Float32Array(size), fold(key, k));
      assertLess(difference(draws.subarray(k * n, (k + 1) * n), await byWaves(noise, data)), 1e-3);
    }
    const { hessian, scale } = await surveyInformation(survey).of(noise);
    const silent = {
      hessian,
      scale,
      root: { ...hessian, tiles: hessian.tiles.map((row) => row.map((t) => t.map(() => 0))) },
    };
    const clean = await imagePairs(freeValues(x, { cells, size }), { ...silent, key });
    assertLess(
      difference(clean, await byWaves(noise, new Float32Array(await survey.stacked.forward(x)))),
      1e-3,
    );
  }
});

Deno.test("the covariance of migrated noise is H where the likelihood is the noise's own, and less above a floor", async () => {
  const covarianceOf = (noise: NoiseModel) =>
    noiseCovariance({ survey, assembled, noise }, { key, cells: n });
  const { hessian } = await surveyInformation(survey).of(white), same = await covarianceOf(white);
  for (let k = 0; k < 20; k++) {
    const v = normals64(fold(key, k), n);
    assertLess(Math.abs(form(same, v) / form(hessian, v) - 1), 0.04);
  }
  const less = await covarianceOf(floored), information = await surveyInformation(survey).of(floored);
  assertLess(trace(less) / trace(information.hessian), 0.97);
  const draws = await migratedNoise({ survey, assembled, noise: floored }, { key, n: 400, cells: n });
  const energy = draws.reduce((sum, v) => sum + v * v, 0) / 400;
  assertLess(Math.abs(energy / trace(less) - 1), 0.1);
});

Deno.test("pairs have the mean H x and the covariance N, at another level of noise too", async () => {
  const { hessian } = await surveyInformation(survey).of(floored), count = 4000, before = tensorCount();
  const covariance = await noiseCovariance({ survey, assembled, noise: floored }, { key, cells: n });
  const root = await noiseRoot(covariance), one = normals(fold(key, "one"), n);
  const x = new Float32Array(count * n).map((_, k) => one[k % n]);
  for (const scale of [1, 0.16]) {
    const pairs = await imagePairs(x, { hessian, root, scale, key: fold(key, "pairs") });
    for (let k = 0; k < 12; k++) {
      const v = normals64(fold(key, k), n), wanted = scale * form(covariance, v);
      const mean = scale *
        v.reduce((sum, w, i) => sum + w * one.reduce((s, u, j) => s + at(hessian, i, j) * u, 0), 0);
      let first = 0, second = 0;
      for (let p = 0; p < count; p++) {
        const along = v.reduce((sum, w, i) => sum + w * pairs[p * n + i], 0) - mean;
        first += along / count;
        second += along ** 2 / count;
      }
      assertLess(Math.abs(first), 5 * Math.sqrt(wanted / count));
      assertLess(Math.abs(second / wanted - 1), 5 * Math.sqrt(2 / count));
    }
  }
  assertGreater(before.tensors + 1, tensorCount().tensors);
  await survey.close();
});
