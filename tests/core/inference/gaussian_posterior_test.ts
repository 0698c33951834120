import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import type { NoiseModel } from "../../../core/contracts/problem.ts";
import { openEngine } from "../../../core/engine/mod.ts";
import { freeCells, learnCovariance } from "../../../core/inference/covariance.ts";
import { meanAndStd } from "../../../core/inference/evaluate.ts";
import { gaussianPosteriors } from "../../../core/inference/gaussian_posterior.ts";
import { assembledHessian, noiseGram, surveyInformation } from "../../../core/inference/information.ts";
import {
  cholesky,
  covarianceOf,
  denseHessian,
  dot,
  elementOf,
  gaussianPosterior,
  logDeterminant,
  multiplyTransposed,
  norm,
  varianceOf,
} from "../../../core/linalg/mod.ts";
import { sizeOf } from "../../../core/base/shape.ts";
import { fold, normals, rootKey } from "../../../core/base/random.ts";
import { bandLimited } from "../../../physics/noise/band_limited.ts";
import { whiteNoise } from "../../../physics/noise/gaussian.ts";
import { smallSurvey, wavelet } from "./small_survey.ts";

await openEngine("wasm");

const shape = [10, 12];
const survey = smallSurvey();
const key = rootKey(5), size = sizeOf(survey.domain), cells = freeCells(survey.mask), n = cells.length;

/** Images that are smooth along a row: neighbours share half of their variance. */
function images(name: string, count: number): Float32Array {
  const e = normals(fold(key, name), count * size + 1);
  return Float32Array.from({ length: count * size }, (_, k) => survey.mask[k % size] * (e[k] + e[k + 1]));
}

const clean = await survey.stacked.forward(images("truth", 1)), rms = norm(clean) / Math.sqrt(clean.length);
const learned = await learnCovariance(
  { training: images("training", 40), heldOut: images("held out", 20) },
  { shape, mask: survey.mask },
);

const family = [{ factor: learned.factor, amplitudes: [1] }];

const noiseOf = (level: number) =>
  bandLimited({ wavelet, sigma: level * rms, likelihood: "coloured", floor: 0.01 });

function observed(noise: NoiseModel): Float32Array {
  const data = new Float32Array(clean);
  for (let i = 0; i < survey.sources; i++) {
    const e = noise.sample(fold(key, i), survey.shotRange);
    e.forEach((v, j) => data[i * e.length + j] += v);
  }
  return data;
}

/** The same posterior by one wave equation per cell and direction, in f64. */
async function dense(noise: NoiseModel, data: Float32Array) {
  const whiten = (r: Float32Array | Float64Array) => noise.whiten(r, survey.shotRange);
  const full = await denseHessian(survey.stacked, { whiten }),
    free = (x: ArrayLike<number>) => Float64Array.from(cells, (i) => x[i]);
  const l = Float64Array.from(
    { length: n * n },
    (_, k) => elementOf(learned.factor, Math.floor(k / n), k % n),
  );
  const posterior = gaussianPosterior({
    hessian: Float64Array.from(
      { length: n * n },
      (_, k) => full[cells[Math.floor(k / n)] * size + cells[k % n]],
    ),
    rhs: free(await survey.stacked.adjoint(whiten(whiten(data)))),
    prior: { mean: new Float64Array(n), covariance: multiplyTransposed(l, l) },
  });
  return { mean: posterior.mean, std: varianceOf(posterior).map(Math.sqrt) };
}

/** `log p(d)` of each amplitude up to a constant, from `b^T (C^-1 + H)^-1 b` and `log det(I + C H)` in f64. */
async function denseEvidence(
  noise: NoiseModel,
  { data, amplitudes }: { data: Float32Array; amplitudes: readonly number[] },
): Promise<number[]> {
  const whiten = (r: Float32Array | Float64Array) => noise.whiten(r, survey.shotRange);
  const full = await denseHessian(survey.stacked, { whiten });
  const images = await survey.stacked.adjoint(whiten(whiten(Float64Array.from(data))));
  const rhs = Float64Array.from(cells, (i) => images[i]);
  const hessian = Float64Array.from(
    { length: n * n },
    (_, k) => full[cells[Math.floor(k / n)] * size + cells[k % n]],
  );
  const l = Float64Array.from(
    { length: n * n },
    (_, k) => elementOf(learned.factor, Math.floor(k / n), k % n),
  );
  return amplitudes.map((a) => {
    const covariance = multiplyTransposed(l, l).map((v) => a ** 2 * v);
    const posterior = gaussianPosterior({ hessian, rhs, prior: { mean: new Float64Array(n), covariance } });
    const shrunk = logDeterminant(cholesky(covariance)) - logDeterminant(cholesky(covarianceOf(posterior)));
    return (dot(rhs, posterior.mean) - shrunk) / 2;
  });
}

Deno.test("the posterior from explicit matrices is that of the operator itself, at every level of noise", async () => {
  assertGreater(learned.shrinkage, 0.2); // 40 images cannot tell a 96 x 96 covariance
  const posteriors = gaussianPosteriors(surveyInformation(survey), family);
  for (const noise of [noiseOf(0.3), noiseOf(0.75), whiteNoise(0.3 * rms)]) {
    const data = observed(noise), posterior = await posteriors(noise), wanted = await dense(noise, data);
    const { mean, std } = await posterior.moments(data);
    cells.forEach((cell, k) => {
      assertLess(Math.abs(mean[cell] - wanted.mean[k]) / wanted.std[k], 3e-3);
      assertLess(Math.abs(std[cell] / wanted.std[k] - 1), 1e-3);
    });
    assert(survey.mask.every((free, i) => free === 1 || (mean[i] === 0 && std[i] === 0)));
  }
});

Deno.test("draws have the posterior's mean and deviation, and several means are each one's own", async () => {
  const noise = noiseOf(0.3), data = observed(noise);
  const posterior = await gaussianPosteriors(surveyInformation(survey), family)(noise);
  const { mean, std, samples } = await posterior.draw(data, { key, n: 4000 });
  const empirical = meanAndStd(samples, size);
  for (const i of cells) {
    assertLess(Math.abs(empirical.mean[i] - mean[i]), 5 * std[i] / Math.sqrt(4000) + 1e-6);
    assertLess(Math.abs(empirical.std[i] / std[i] - 1), 0.08);
  }
  const two = new Float32Array(2 * data.length);
  two.set(data.map((d) => -2 * d));
  two.set(data, data.length);
  const { mean: means } = await posterior.moments(two, 2);
  mean.forEach((m, i) => {
    assertLess(Math.abs(means[size + i] - m), 1e-5 * norm(mean));
    assertLess(Math.abs(means[i] + 2 * m), 2e-5 * norm(mean));
  });
});

Deno.test("a level of noise needs no new Hessian, another spectrum does", async () => {
  let assembled = 0;
  const counting = { ...survey, assemble: () => (assembled++, survey.assemble!()) };
  const posteriors = gaussianPosteriors(surveyInformation(counting), family),
    levels = [noiseOf(0.3), noiseOf(0.75)];
  const stdOf = async (of: typeof posteriors, noise: NoiseModel) =>
    (await (await of(noise)).moments(clean)).std;
  const [first, second] = await Promise.all(levels.map((level) => stdOf(posteriors, level)));
  assertEquals(assembled, 1);
  const alone = await stdOf(gaussianPosteriors(surveyInformation(survey), family), levels[1]);
  for (const i of cells) {
    assertLess(Math.abs(second[i] / alone[i] - 1), 1e-5);
    assertLess(first[i], second[i]);
  }
  const information = surveyInformation(counting), wide = [{ factor: learned.factor, amplitudes: [2] }];
  await Promise.all([family, wide].map((f) => stdOf(gaussianPosteriors(information, f), levels[0])));
  assertEquals(assembled, 2); // families share what the survey tells
  const same = whiteNoise(levels[0].sigma), other = await stdOf(posteriors, same); // equal sigma, another spectrum
  assertEquals(assembled, 3);
  assertGreater(Math.max(...[...cells].map((i) => Math.abs(other[i] / first[i] - 1))), 0.05);
});

Deno.test("a level of noise alone scales what the Hessian takes from the noise, and the Hessian", async () => {
  const assembled = await survey.assemble!(), levels = [1e-3, 2.5e-3];
  const grams = levels.map((sigma) =>
    noiseGram(assembled, bandLimited({ wavelet, sigma, likelihood: "coloured", floor: 0.01 }))
  );
  grams[0].forEach((v, k) => assertLess(Math.abs(grams[1][k] * 6.25 - v), 1e-12 * grams[0][0]));
  const [h, scaled] = await Promise.all(
    grams.map((gram) => assembledHessian(assembled, { gram, sources: 2, cells: n, watch: {} })),
  );
  h.tiles[0][0].forEach((v, k) =>
    assertLess(Math.abs(scaled.tiles[0][0][k] * 6.25 - v), 1e-5 * elementOf(h, 0, 0))
  );
});

Deno.test("members of a family are weighted by their evidence, and draws follow the mixture", async () => {
  const noise = noiseOf(0.3), data = observed(noise), amplitudes = [0.7, 1, 1.4];
  const alone = amplitudes.map((a) =>
    gaussianPosteriors(surveyInformation(survey), [{ factor: learned.factor, amplitudes: [a] }])
  );
  const own = await Promise.all(alone.map(async (of) => await (await of(noise)).moments(data)));
  const posterior = await gaussianPosteriors(surveyInformation(survey), [{
    factor: learned.factor,
    amplitudes,
  }])(noise);
  const wanted = await denseEvidence(noise, { data, amplitudes });
  const { mean, std, samples, weights } = await posterior.draw(data, { key, n: 4000 });
  amplitudes.forEach((_, j) =>
    assertLess(Math.abs(Math.log(weights[j] / weights[0]) - (wanted[j] - wanted[0])), 0.02)
  );
  assertGreater(Math.abs(wanted[2] - wanted[0]), 0.5); // the data tell the members apart
  const empirical = meanAndStd(samples, size);
  for (const i of cells) {
    const mixed = own.reduce((sum, m, j) => sum + weights[j] * m.mean[i], 0);
    const square = own.reduce(
      (sum, m, j) => sum + weights[j] * (m.std[i] ** 2 + (m.mean[i] - mixed) ** 2),
      0,
    );
    assertLess(Math.abs(mean[i] - mixed) / std[i], 1e-3);
    assertLess(Math.abs(std[i] / Math.sqrt(square) - 1), 1e-3);
    assertLess(Math.abs(empirical.mean[i] - mean[i]), 5 * std[i] / Math.sqrt(4000) + 1e-6);
    assertLess(Math.abs(empirical.std[i] / std[i] - 1), 0.1);
  }
});

Deno.test("the Hessian from explicit matrices is the operator's, and it can be told of and stopped", async () => {
  try {
    const noise = noiseOf(0.3), assembled = await survey.assemble!(), told: number[] = [];
    const watch = { progress: (done: number, total: number) => told.push(done, total) };
    const settings = { gram: noiseGram(assembled, noise), sources: 2, cells: n, watch };
    const found = await assembledHessian(assembled, settings);
    assertEquals(told, [1, 2, 2, 2]);
    const whiten = (r: Float32Array | Float64Array) => noise.whiten(r, survey.shotRange);
    const wanted = await denseHessian(survey.stacked, { whiten });
    let error = 0, trace = 0;
    for (let i = 0; i < n; i++) {
      trace += wanted[cells[i] * (size + 1)];
      for (let j = 0; j < n; j++) {
        error += (elementOf(found, i, j) - wanted[cells[i] * size + cells[j]]) ** 2;
      }
    }
    assertLess(Math.sqrt(error) / trace, 1e-4);
    const signal = AbortSignal.abort(new Error("stopped"));
    const stopped = assembledHessian(assembled, { ...settings, watch: { signal } });
    assertEquals(await stopped.catch((error) => error.message), "stopped");
  } finally {
    await survey.close();
  }
});
