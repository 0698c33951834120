import { assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { LOCAL } from "../../../core/inference/gain_prior.ts";
import {
  drawLocal,
  learnLocalPrior,
  localCovariance,
  rootGains,
} from "../../../core/inference/local_prior.ts";
import { autocovariance, elementOf, meanSpectrum } from "../../../core/linalg/mod.ts";
import { fold, normals, normals64, rootKey } from "../../../core/base/random.ts";

const height = 7, width = 9, top = 2, count = 40, key = rootKey(67), size = (height + top) * width;
const mask = Float32Array.from({ length: size }, (_, k) => k < top * width ? 0 : 1);
const e = normals(key, count * size + width);
const images = e.slice(0, count * size).map((v, k) => mask[k % size] * (v + 0.8 * e[k + width]));
const prior = learnLocalPrior(images, { shape: [height + top, width], mask });
const bands = prior.spectra.length, windows = prior.windows.weights.length, n = height * width;

const free = new Float32Array(count * n).map((_, k) =>
  images[Math.floor(k / n) * size + top * width + k % n]
);
const stationary = autocovariance(meanSpectrum(free, { height, width }));

Deno.test("with gains of 1 the covariance is the training images' own, but for a little of its rough form", () => {
  assertEquals([bands, windows], [16, 9]);
  const covariance = localCovariance(prior, new Float64Array(bands * windows));
  const variance = stationary.at(0, 0);
  for (const [i, j] of [[0, 0], [30, 30], [10, 1], [20, 3], [62, 0], [40, 38], [13, 5]]) {
    const dz = Math.floor(i / width) - Math.floor(j / width), dx = i % width - j % width;
    const wanted = stationary.at(dz, Math.abs(dx));
    assertLess(Math.abs(elementOf(covariance, i, j) - wanted), 4e-3 * variance, `${i} ${j}`);
  }
  assertAlmostEquals(elementOf(covariance, 5, 5), variance * (1 + 1e-4 + 1e-5), 1e-6 * variance);
});

/** `S_b v` by the definition: zeros around v, its transform times the spectrum, cut out again. */
function filtered(b: number, v: Float64Array): Float64Array {
  const { values, rows, columns } = prior.spectra[b], re = new Float64Array(n);
  for (let k = 0; k < values.length; k++) {
    const phase = (i: number) =>
      2 * Math.PI *
      (Math.floor(k / columns) * Math.floor(i / width) / rows + k % columns * (i % width) / columns);
    let c = 0, s = 0;
    for (let i = 0; i < n; i++) {
      c += v[i] * Math.cos(phase(i));
      s += v[i] * Math.sin(phase(i));
    }
    for (let i = 0; i < n; i++) {
      re[i] += values[k] * (c * Math.cos(phase(i)) + s * Math.sin(phase(i))) / values.length;
    }
  }
  return re;
}

const logGains = normals64(fold(key, "gains"), bands * windows);

Deno.test("the covariance is the sum over bands of fields, filters and fields", () => {
  const covariance = localCovariance(prior, logGains), d = rootGains(prior, logGains);
  const v = normals64(fold(key, "v"), n), wanted = new Float64Array(n);
  for (let b = 0; b < bands; b++) {
    filtered(b, v.map((x, i) => d[i * bands + b] * x)).forEach((x, i) => wanted[i] += d[i * bands + b] * x);
  }
  for (let i = 0; i < n; i++) {
    assertEquals(elementOf(covariance, i, 20), elementOf(covariance, 20, i)); // a tile on the diagonal is whole
    let sum = 0;
    for (let j = 0; j < n; j++) sum += elementOf(covariance, Math.max(i, j), Math.min(i, j)) * v[j];
    const raised = (elementOf(covariance, i, i) * 1e-4 + 1e-5 * stationary.at(0, 0)) * v[i];
    assertLess(Math.abs(sum - raised - wanted[i]), 2e-6 * elementOf(covariance, i, i) * Math.sqrt(n));
  }
});

Deno.test("root gains are log-linear between the centres of windows", () => {
  const d = rootGains(prior, logGains), { weights } = prior.windows;
  for (const cell of [0, 22, 31, 62]) {
    const log = weights.reduce((sum, w, i) => sum + w[cell] * logGains[i * bands + 3], 0);
    assertAlmostEquals(d[cell * bands + 3] ** 2, Math.exp(log), 1e-12);
  }
  assertAlmostEquals(d[0] ** 2, Math.exp(logGains[0]), 1e-12); // the corner is beyond the first centre
});

Deno.test("draws follow the covariance, of each sign of dip alike", () => {
  const draws = drawLocal(prior, { logGains, key: fold(key, "draws"), n: 600 });
  const covariance = localCovariance(prior, logGains);
  for (const [i, j] of [[0, 0], [31, 31], [62, 62], [31, 21], [31, 23], [40, 39]]) {
    let sum = 0;
    for (let k = 0; k < 600; k++) sum += draws[k * n + i] * draws[k * n + j] / 600;
    const spread = Math.sqrt(2 / 600 * elementOf(covariance, i, i) * elementOf(covariance, j, j));
    assertLess(Math.abs(sum - elementOf(covariance, i, j)), 5 * spread);
  }
});

Deno.test("a gain of one dip turns the correlation towards it", () => {
  const { dips } = LOCAL.bands;
  const gained = (dip: number) =>
    localCovariance(
      prior,
      Float64Array.from({ length: bands * windows }, (_, k) => {
        const b = k % bands;
        return b > 0 && dips[(b - 1) % dips.length] === dip ? 3 : 0;
      }),
    );
  const down = 31, left = 21, right = 23; // one row up, one column to the left or right
  const falling = gained(50), rising = gained(-50);
  assertGreater(elementOf(falling, down, left), elementOf(falling, down, right) + 0.1);
  assertGreater(elementOf(rising, down, right), elementOf(rising, down, left) + 0.1);
});
