import { assertAlmostEquals, assertEquals, assertGreater, assertLess, assertThrows } from "@std/assert";
import type { Slots } from "../../../core/contracts/plugin.ts";
import { dotTest, powerSpectrum } from "../../../core/linalg/mod.ts";
import { fold, rootKey } from "../../../core/base/random.ts";
import { bandLimited, bandLimitedNoise } from "../../../physics/noise/band_limited.ts";
import { gaussianNoise, whiteNoise } from "../../../physics/noise/gaussian.ts";
import { ricker } from "../../../physics/wavelet.ts";
import { data } from "../../spaces.ts";

const KEY = rootKey(53);
const SHOT = data(64, 200);
const WAVELET = ricker({ frequency: 25, count: 200, dt: 2e-3 });
const model = (likelihood: "coloured" | "white", floor = 0.01) =>
  bandLimited({ wavelet: WAVELET, sigma: 3, likelihood, floor });

const meanSquare = (v: ArrayLike<number>) => Array.from(v).reduce((sum, x) => sum + x * x, 0) / v.length;

/** Mean power of the traces at 256 frequencies. */
function meanSpectrum(data: ArrayLike<number>, [traces, samples]: readonly number[]): Float64Array {
  const mean = new Float64Array(256);
  for (let i = 0; i < traces; i++) {
    const trace = Float64Array.from({ length: samples }, (_, n) => data[i * samples + n]);
    powerSpectrum(trace, 256).forEach((p, k) => mean[k] += p / traces);
  }
  return mean;
}

Deno.test("noise has the RMS sigma that it names", () => {
  for (const noise of [model("coloured"), whiteNoise(3)]) {
    assertEquals(noise.sigma, 3);
    // 64 x 200 values, of which a few thousand are independent.
    assertAlmostEquals(Math.sqrt(meanSquare(noise.sample(KEY, SHOT))), 3, 0.15);
  }
});

Deno.test("a key names one noise, another key another, and traces differ", () => {
  const noise = model("coloured"), e = noise.sample(KEY, SHOT);
  assertEquals(noise.sample(KEY, SHOT), e);
  const correlation = (a: Float32Array, b: Float32Array) =>
    a.reduce((sum, v, i) => sum + v * b[i], 0) / a.length / 9;
  assertLess(Math.abs(correlation(e, noise.sample(fold(KEY, 1), SHOT))), 0.05);
  for (const [i, j] of [[0, 1], [0, 2], [1, 2]]) {
    const trace = (k: number) => e.subarray(k * 200, (k + 1) * 200);
    assertLess(Math.abs(correlation(trace(i), trace(j))), 0.7);
  }
});

Deno.test("band-limited noise has the autocorrelation of the wavelet, at the ends of a trace too", () => {
  const draws = 40, noise = model("coloured"), [traces, samples] = SHOT.shape;
  const w = WAVELET.samples, energy = w.reduce((sum, v) => sum + v * v, 0);
  const data = Array.from({ length: draws }, (_, i) => noise.sample(fold(KEY, i), SHOT));
  for (const [from, lag] of [[0, 0], [0, 5], [100, 10], [samples - 21, 20]]) {
    let found = 0;
    for (const e of data) {
      for (let t = 0; t < traces; t++) found += e[t * samples + from] * e[t * samples + from + lag];
    }
    const wanted = w.reduce((sum, v, n) => sum + v * (w[n + lag] ?? 0), 0) / energy;
    assertAlmostEquals(found / (draws * traces) / 9, wanted, 0.08);
  }
});

Deno.test("whitening is symmetric", async () => {
  const noise = model("coloured"), range = data(3, 50);
  const apply = (r: Float32Array | Float64Array) => Promise.resolve(noise.whiten(r, range));
  const W = { domain: range, range, forward: apply, adjoint: apply };
  assertLess(await dotTest(W, { key: KEY, precision: "f64" }), 1e-14);
});

Deno.test("the whitened noise has the expected energy and a flat spectrum in the band", () => {
  for (const [noise, likelihood] of [[model("coloured"), "coloured"], [model("white"), "white"]] as const) {
    const e = noise.whiten(noise.sample(KEY, SHOT), SHOT), total = meanSquare(e) * e.length;
    assertAlmostEquals(total / noise.degreesOfFreedom(SHOT), 1, 0.06, likelihood);
  }
  const noise = model("coloured"), whitened = noise.whiten(noise.sample(KEY, SHOT), SHOT);
  const spectrum = meanSpectrum(whitened, SHOT.shape).map((p) => p / SHOT.shape[1]);
  // 256 frequencies over 500 Hz: 12 to 50 Hz are bins 6 to 25, far above the floor; 150 Hz is bin 77.
  for (let k = 6; k <= 25; k++) assertAlmostEquals(spectrum[k], 1, 0.45);
  assertAlmostEquals(spectrum.slice(6, 26).reduce((a, b) => a + b) / 20, 1, 0.1);
  assertLess(spectrum[77], 0.05);
});

Deno.test("coloured noise has fewer degrees of freedom than data, white noise as many", () => {
  const data = SHOT.shape[0] * SHOT.shape[1], coloured = model("coloured").degreesOfFreedom(SHOT);
  assertGreater(coloured, 0.1 * data);
  assertLess(coloured, 0.5 * data);
  assertAlmostEquals(model("white").degreesOfFreedom(SHOT) / data, 1, 1e-9);
  assertEquals(whiteNoise(3).degreesOfFreedom(SHOT), data);
});

Deno.test("stacked shots are whitened trace by trace", () => {
  const noise = model("coloured"), e = noise.sample(KEY, SHOT), both = new Float32Array(2 * e.length);
  both.set(e);
  both.set(e, e.length);
  const once = noise.whiten(e, SHOT), twice = noise.whiten(both, SHOT);
  assertEquals(twice.subarray(0, e.length), once);
  assertEquals(twice.subarray(e.length), once);
});

Deno.test("a level is a number, a ratio to the training signal, or a factor on the training noise", () => {
  const context = { survey: {}, signalRms: 10, trainingSigma: 4 } as Slots["noise"]["context"];
  const sigmaOf = (level: unknown, given = context) => {
    const noise = gaussianNoise.build(gaussianNoise.schema.parse({ level }), given);
    return (noise as { sigma: number }).sigma;
  };
  assertEquals(sigmaOf({ sigma: 7 }), 7);
  assertAlmostEquals(sigmaOf({ snr: "20 dB" }), 1, 1e-12);
  assertEquals(sigmaOf({ scale: 2.5 }), 10);
  const nominal = { survey: {}, signalRms: 10 } as Slots["noise"]["context"];
  assertThrows(() => sigmaOf({ scale: 2 }, nominal), Error, "needs sigma or snr");
});

Deno.test("band-limited noise without a wavelet is refused with what to use", () => {
  const options = bandLimitedNoise.schema.parse({ level: { sigma: 1 } });
  const context = { survey: {}, signalRms: 1 } as Slots["noise"]["context"];
  assertThrows(() => bandLimitedNoise.build(options, context), Error, "use noise kind gaussian");
});
