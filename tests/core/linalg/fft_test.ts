import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import {
  autocovariance,
  filterImage,
  filterTraces,
  inverseTransform,
  meanSpectrum,
  norm,
  paddedLength,
  powerSpectrum,
  smoothedSpectrum,
} from "../../../core/linalg/mod.ts";
import { fold, normals64, rootKey } from "../../../core/base/random.ts";

const KEY = rootKey(47);

/** A real, even gain. */
function gainOf(N: number, f: (frequency: number) => number): Float64Array {
  return Float64Array.from({ length: N }, (_, k) => f(Math.min(k, N - k) / N));
}

Deno.test("a unit gain gives the traces back, odd or even in number", () => {
  for (const traces of [1, 2, 3]) {
    const samples = 11, v = normals64(fold(KEY, traces), traces * samples);
    const out = filterTraces(v, { samples, gain: gainOf(paddedLength(samples), () => 1) });
    assertLess(norm(out.map((x, i) => x - v[i])), 1e-13);
  }
});

Deno.test("a filter is the circulant matrix of its gain, cut to the trace: Toeplitz and symmetric", () => {
  const samples = 6, gain = gainOf(paddedLength(samples), (f) => Math.exp(-8 * f) + f);
  const identity = Float64Array.from({ length: samples ** 2 }, (_, i) => i % (samples + 1) === 0 ? 1 : 0);
  const W = filterTraces(identity, { samples, gain });
  const { re: column } = inverseTransform(gain.length)(
    Float64Array.from({ length: 2 * gain.length }, (_, i) => i % 2 ? 0 : gain[i / 2]),
  );
  for (let i = 0; i < samples; i++) {
    for (let j = 0; j < samples; j++) {
      assertAlmostEquals(W[i * samples + j], column[Math.abs(i - j)], 1e-14);
    }
  }
});

Deno.test("traces do not leak into each other", () => {
  const samples = 5, gain = gainOf(paddedLength(samples), (f) => 1 / (0.1 + f));
  const v = new Float64Array(3 * samples);
  v[samples + 2] = 1;
  const out = filterTraces(v, { samples, gain });
  assertLess(norm(out.subarray(0, samples)) + norm(out.subarray(2 * samples)), 1e-14);
});

Deno.test("the power spectrum is that of the definition, and sums to the energy", () => {
  const w = normals64(KEY, 5), N = 8, power = powerSpectrum(w, N);
  for (let k = 0; k < N; k++) {
    let re = 0, im = 0;
    w.forEach((v, n) => {
      re += v * Math.cos(2 * Math.PI * k * n / N);
      im += v * Math.sin(2 * Math.PI * k * n / N);
    });
    assertAlmostEquals(power[k], re ** 2 + im ** 2, 1e-12);
  }
  assertAlmostEquals(power.reduce((a, b) => a + b) / N, norm(w) ** 2, 1e-12);
});

Deno.test("a trace is padded by its own length at least, to a power of two", () => {
  assertEquals([1, 2, 3, 545, 1024, 1025].map(paddedLength), [2, 4, 8, 2048, 2048, 4096]);
});

Deno.test("an image through a spectrum is its convolution with the autocovariance", () => {
  const height = 5, width = 7, image = normals64(fold(KEY, "image"), height * width);
  const gain = meanSpectrum(Float32Array.from(normals64(fold(KEY, "gain"), height * width)), {
    height,
    width,
  });
  const filtered = filterImage(image, { height, width, gain }), { at } = autocovariance(gain);
  for (let i = 0; i < filtered.length; i++) {
    const expected = image.reduce((sum, v, j) => {
      const dz = Math.floor(i / width) - Math.floor(j / width), dx = i % width - j % width;
      return sum + v * at((dz + gain.rows) % gain.rows, (dx + gain.columns) % gain.columns);
    }, 0);
    assertAlmostEquals(filtered[i], expected, 1e-12);
  }
});

Deno.test("a smoothed spectrum keeps the variance, loses far lags, and is nowhere negative", () => {
  const size = { height: 6, width: 9 }, x = Float32Array.from(normals64(fold(KEY, "smooth"), 54));
  const spectrum = meanSpectrum(x, size), smooth = smoothedSpectrum(spectrum, 4);
  const before = autocovariance(spectrum), after = autocovariance(smooth);
  assertAlmostEquals(after.at(0, 0), before.at(0, 0), 1e-12);
  assertAlmostEquals(after.at(1, 2), before.at(1, 2) * 3 / 4 / 2, 1e-12);
  assertAlmostEquals(after.at(4, 0), 0, 1e-12);
  assertEquals(smooth.values.some((v) => v < -1e-12), false);
});
