import { assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { openEngine } from "../../../core/engine/mod.ts";
import { AMPLITUDES, learnHierarchy, ROUGHNESSES } from "../../../core/inference/hierarchy.ts";
import { autocovariance, elementOf, meanSpectrum, multiplyTiled } from "../../../core/linalg/mod.ts";
import { fold, normals, rootKey } from "../../../core/base/random.ts";

await openEngine("wasm");

const height = 7, width = 9, top = 2, count = 40, key = rootKey(61);
const free = normals(key, count * height * width + width).slice(0, -width)
  .map((v, k, e) => v + 0.8 * (e[k + width] ?? 0)); // neighbours in depth are alike

Deno.test("a stationary covariance is the mean product at each lag, over both mirror images", () => {
  const covariance = autocovariance(meanSpectrum(free, { height, width }));
  for (const [dz, dx] of [[0, 0], [1, 0], [0, 3], [2, 1], [6, 8]]) {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const at = (z: number, x: number) => free[i * height * width + z * width + x];
      for (let z = 0; z + dz < height; z++) {
        for (let x = 0; x + dx < width; x++) {
          sum += at(z, x) * at(z + dz, x + dx) + at(z, x + dx) * at(z + dz, x);
        }
      }
    }
    assertAlmostEquals(covariance.at(dz, dx), sum / (2 * count * height * width), 1e-6);
  }
});

Deno.test("rougher priors have the variance of the training images and less of their correlation", async () => {
  const images = new Float32Array(count * (height + top) * width);
  for (let i = 0; i < count; i++) {
    images.set(
      free.subarray(i * height * width, (i + 1) * height * width),
      (i * (height + top) + top) * width,
    );
  }
  const mask = Float32Array.from({ length: (height + top) * width }, (_, k) => k < top * width ? 0 : 1);
  const family = await learnHierarchy(images, { shape: [height + top, width], mask });
  assertEquals(family.length, ROUGHNESSES.length);
  const wanted = autocovariance(meanSpectrum(free, { height, width }));
  const n = height * width, correlations: number[] = [];
  for (const { factor, amplitudes } of family) {
    assertEquals(amplitudes, AMPLITUDES);
    const covariance = (i: number, j: number) => {
      let sum = 0;
      for (let k = 0; k <= Math.min(i, j); k++) sum += elementOf(factor, i, k) * elementOf(factor, j, k);
      return sum;
    };
    for (const i of [0, 30, n - 1]) assertLess(Math.abs(covariance(i, i) / wanted.at(0, 0) - 1), 1e-3);
    correlations.push(covariance(4 + width, 4) / covariance(4, 4));
  }
  assertLess(Math.abs(correlations[0] - wanted.at(1, 0) / wanted.at(0, 0)), 1e-3);
  correlations.slice(1).forEach((c, i) => assertLess(c, correlations[i] - 1e-3));
  const draws = await multiplyTiled(family[0].factor, normals(fold(key, "z"), 4000 * n));
  const variance = draws.reduce((sum, v) => sum + v * v, 0) / draws.length;
  assertLess(Math.abs(variance / wanted.at(0, 0) - 1), 0.03);
  assertGreater(correlations.at(-1)!, 0);
});
