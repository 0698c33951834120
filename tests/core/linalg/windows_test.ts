import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import {
  autocovariance,
  effectiveSize,
  meanSpectrum,
  periodograms,
  stationaryDraws,
  windowsOf,
  windowTransform,
} from "../../../core/linalg/mod.ts";
import { fold, normals, rootKey } from "../../../core/base/random.ts";

const key = rootKey(31), height = 7, width = 10;

Deno.test("windows cover every cell once, as weights and as tapers, and one window is the whole image", () => {
  for (const count of [{ down: 1, across: 1 }, { down: 2, across: 2 }, { down: 3, across: 2 }]) {
    const { weights, tapers } = windowsOf({ height, width }, count);
    assertEquals(weights.length, count.down * count.across);
    for (let i = 0; i < height * width; i++) {
      for (const fields of [weights, tapers]) {
        assertAlmostEquals(fields.reduce((sum, field) => sum + field[i], 0), 1, 1e-12);
      }
    }
  }
  assertEquals(effectiveSize(windowsOf({ height, width }, { down: 1, across: 1 }).tapers[0]), height * width);
});

Deno.test("weights are linear between the centres of windows and constant beyond them", () => {
  const { weights } = windowsOf({ height: 8, width: 1 }, { down: 2, across: 1 });
  assertEquals([...weights[0]], [1, 1, 0.875, 0.625, 0.375, 0.125, 0, 0]); // centres at 1.5 and 5.5
});

Deno.test("a periodogram is that of the definition, of an odd number of images too", () => {
  const { tapers } = windowsOf({ height, width }, { down: 2, across: 2 }), taper = tapers[1];
  const images = normals(fold(key, "images"), 3 * height * width);
  const found = periodograms(images, { height, width, taper }),
    { rows, columns, bins } = windowTransform({ height, width });
  const energy = taper.reduce((sum, t) => sum + t * t, 0);
  assertEquals([rows, columns, bins.length, found.length], [8, 16, 66, 3 * 66]);
  for (const [i, r, c] of [[0, 0, 0], [0, 3, 5], [1, 1, 15], [2, 4, 8], [2, 3, 9]]) {
    let re = 0, im = 0;
    taper.forEach((t, k) => {
      const phase = 2 * Math.PI * (r * Math.floor(k / width) / rows + c * (k % width) / columns);
      re += t * images[i * taper.length + k] * Math.cos(phase);
      im -= t * images[i * taper.length + k] * Math.sin(phase);
    });
    const wanted = (re ** 2 + im ** 2) / energy;
    assertAlmostEquals(found[i * bins.length + bins.indexOf(r * columns + c)], wanted, 1e-9 * (1 + wanted));
  }
});

Deno.test("stationary draws have the covariance of their spectrum at lags of either sign", () => {
  const e = normals(fold(key, "training"), 20 * height * width);
  const tilted = e.map((v, k) => v + 0.9 * (e[k + width + 1] ?? 0)); // alike along one diagonal
  const mirrored = meanSpectrum(tilted, { height, width }), { rows, columns } = mirrored;
  const spectrum = { // without the mirror images: larger at one sign of kx
    ...mirrored,
    values: mirrored.values.map((v, k) => {
      const kz = Math.floor(k / columns) / rows, kx = k % columns / columns;
      return v * (1 + 0.8 * Math.cos(2 * Math.PI * (kz + kx)));
    }),
  };
  const n = 4000, draws = stationaryDraws(spectrum, { height, width, n, key: fold(key, "draws") });
  const covariance = autocovariance(spectrum), size = height * width;
  for (const [dz, dx] of [[0, 0], [1, 1], [1, -1], [2, 0], [0, 3]]) {
    let sum = 0;
    const from = 3 * width + 4, to = from + dz * width + dx;
    for (let i = 0; i < n; i++) sum += draws[i * size + from] * draws[i * size + to];
    assertLess(Math.abs(sum / n - covariance.at(dz, dx)), 5 * covariance.at(0, 0) * Math.sqrt(2 / n));
    assertAlmostEquals(covariance.at(dz, dx), covariance.at(-dz, -dx), 1e-12);
  }
  assertLess(covariance.at(1, -1), covariance.at(1, 1) - 0.2);
});
