import { assertAlmostEquals, assertEquals, assertLess, assertRejects } from "@std/assert";
import { openEngine } from "../../../core/engine/mod.ts";
import { freeCells, learnCovariance } from "../../../core/inference/covariance.ts";
import {
  cholesky,
  elementOf,
  logDeterminant,
  lowerSolve,
  multiplyTransposed,
  multiplyVector,
  norm,
} from "../../../core/linalg/mod.ts";
import { fold, normals64, rootKey } from "../../../core/base/random.ts";

await openEngine("wasm");

const KEY = rootKey(61), HEIGHT = 7, WIDTH = 6, SIZE = HEIGHT * WIDTH;
/** One muted row of cells. */
const mask = Float32Array.from({ length: SIZE }, (_, i) => i < WIDTH ? 0 : 1), cells = freeCells(mask);
const n = cells.length;

/** Images with a covariance that is separable to a part, the rest tilted against the axes. */
function images(name: string, count: number): Float32Array {
  const covariance = Float64Array.from({ length: SIZE * SIZE }, (_, k) => {
    const i = Math.floor(k / SIZE), j = k % SIZE;
    const dz = Math.floor(i / WIDTH) - Math.floor(j / WIDTH), dx = i % WIDTH - j % WIDTH;
    const tilted = Math.exp(-((dz + dx) ** 2) / 2 - dx ** 2 / 18);
    return 0.5 * tilted + 0.5 * Math.exp(-Math.abs(dz) - Math.abs(dx) / 2) +
      (k % (SIZE + 1) === 0 ? 1e-2 : 0);
  });
  const l = cholesky(covariance), out = new Float32Array(count * SIZE);
  for (let k = 0; k < count; k++) {
    out.set(multiplyVector(l, normals64(fold(fold(KEY, name), k), SIZE)), k * SIZE);
  }
  return out;
}

/** `(1 - a) S + a Cz (x) Cx`, its diagonal raised by 1e-4, as the documentation says it, in f64. */
function documented(training: Float32Array, a: number): Float64Array {
  const count = training.length / SIZE, s = new Float64Array(SIZE * SIZE);
  const mirror = (i: number) => i - i % WIDTH + WIDTH - 1 - i % WIDTH;
  for (let k = 0; k < count; k++) {
    const x = training.subarray(k * SIZE, (k + 1) * SIZE);
    for (let i = 0; i < SIZE; i++) {
      for (let j = 0; j < SIZE; j++) {
        s[i * SIZE + j] += (x[i] * x[j] + x[mirror(i)] * x[mirror(j)]) / 2 / count;
      }
    }
  }
  const rows = HEIGHT - 1, trace = cells.reduce((sum, i) => sum + s[i * SIZE + i], 0);
  const cz = (z: number, z1: number) => {
    let sum = 0;
    for (let x = 0; x < WIDTH; x++) sum += s[(z * WIDTH + x) * SIZE + z1 * WIDTH + x];
    return sum / WIDTH;
  };
  const cx = (x: number, x1: number) => {
    let sum = 0;
    for (let z = 1; z <= rows; z++) sum += s[(z * WIDTH + x) * SIZE + z * WIDTH + x1];
    return sum / rows;
  };
  return Float64Array.from({ length: n * n }, (_, k) => {
    const i = cells[Math.floor(k / n)], j = cells[k % n];
    const separable = cz(Math.floor(i / WIDTH), Math.floor(j / WIDTH)) * cx(i % WIDTH, j % WIDTH);
    const mixed = (1 - a) * s[i * SIZE + j] + a * separable * rows * WIDTH / trace;
    return mixed * (i === j ? 1 + 1e-4 : 1);
  });
}

function likelihood(covariance: Float64Array, heldOut: Float32Array): number {
  const l = cholesky(covariance);
  let sum = 0;
  for (let at = 0; at < heldOut.length; at += SIZE) {
    sum -= 0.5 *
      (norm(lowerSolve(l, Float64Array.from(cells, (i) => heldOut[at + i]))) ** 2 + logDeterminant(l));
  }
  return sum;
}

const shape = [HEIGHT, WIDTH], heldOut = images("held out", 30);

Deno.test("the learned covariance is the documented mixture of sample and separable one", async () => {
  const training = images("training", 40);
  const { factor, shrinkage } = await learnCovariance({ training, heldOut }, { shape, mask });
  const wanted = documented(training, shrinkage);
  const l = Float64Array.from({ length: n * n }, (_, k) => elementOf(factor, Math.floor(k / n), k % n));
  const error = multiplyTransposed(l, l).map((v, k) => v - wanted[k]);
  assertLess(norm(error) / norm(wanted), 1e-6);
});

Deno.test("the shrinkage is the likeliest on held-out images, less with more images to learn from", async () => {
  const found: number[] = [];
  for (const count of [25, 600]) {
    const training = images("training", count);
    const { shrinkage } = await learnCovariance({ training, heldOut }, { shape, mask });
    const candidates = [0.1, 0.3, 0.5, 0.7];
    const scores = candidates.map((a) => likelihood(documented(training, a), heldOut));
    assertEquals(shrinkage, candidates[scores.indexOf(Math.max(...scores))]);
    found.push(shrinkage);
  }
  assertLess(found[1], found[0]);
});

Deno.test("more images than one product takes are all learned from", async () => {
  const training = images("training", 530);
  const { factor, shrinkage } = await learnCovariance({ training, heldOut }, { shape, mask });
  assertAlmostEquals(elementOf(factor, 0, 0) ** 2 / documented(training, shrinkage)[0], 1, 1e-5);
});

Deno.test("an aborted learning ends", async () => {
  const signal = AbortSignal.abort(new Error("stopped"));
  const training = images("training", 4);
  await assertRejects(
    () => learnCovariance({ training, heldOut }, { shape, mask, signal }),
    Error,
    "stopped",
  );
});
