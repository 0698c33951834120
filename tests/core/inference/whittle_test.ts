import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { fitGains, gainDeviations, gainMembers, TAU, whittleScore } from "../../../core/inference/whittle.ts";
import { fold, normals64, rootKey, uniforms } from "../../../core/base/random.ts";

const key = rootKey(83), BINS = 600, BANDS = 3;

/** Bands that overlap, and noise that hides the last one in part. */
const expected = {
  noise: new Float64Array(BINS).fill(0.5),
  bands: Array.from(
    { length: BANDS },
    (_, b) =>
      Float64Array.from(
        { length: BINS },
        (_, k) => 4 * Math.exp(-(((k - 150 * (b + 1)) / 90) ** 2)) / (b + 1),
      ),
  ),
  weight: 1,
};

const expectation = (logGains: ArrayLike<number>) =>
  expected.noise.map((v, k) =>
    v + expected.bands.reduce((sum, band, b) => sum + Math.exp(logGains[b]) * band[k], 0)
  );

/** A periodogram of the model: exponential about its expectation. */
const drawn = (logGains: ArrayLike<number>, name: string | number) => {
  const u = uniforms(fold(key, name), BINS);
  return expectation(logGains).map((f, k) => -f * Math.log(u[k]));
};

Deno.test("the gradient is the derivative of the penalised likelihood", () => {
  const at = Float64Array.from([0.4, -0.8, 0.2]), window = { periodogram: drawn([0, 0, 0], "any"), expected };
  const { gradient } = whittleScore(at, window), step = 1e-5;
  gradient.forEach((slope, b) => {
    const moved = (sign: number) =>
      whittleScore(at.map((v, c) => c === b ? v + sign * step : v), window).value;
    assertAlmostEquals(slope, (moved(1) - moved(-1)) / (2 * step), 1e-5 * (1 + Math.abs(slope)));
  });
});

Deno.test("the information is the curvature where the periodogram is as expected", () => {
  const at = Float64Array.from([0.4, -0.8, 0.2]),
    window = { periodogram: expectation(at), expected },
    step = 1e-5;
  const { information } = whittleScore(at, window);
  for (let b = 0; b < BANDS; b++) {
    const moved = (sign: number) =>
      whittleScore(at.map((v, c) => c === b ? v + sign * step : v), window).gradient;
    const [up, down] = [moved(1), moved(-1)];
    for (let c = 0; c < BANDS; c++) {
      const curvature = (down[c] - up[c]) / (2 * step);
      assertAlmostEquals(information[c * BANDS + b], curvature, 1e-5 * (1 + Math.abs(curvature)));
    }
  }
});

Deno.test("gains are recovered within their errors, which are neither too small nor too large", () => {
  const scores: number[] = [];
  for (let i = 0; i < 60; i++) {
    const truth = normals64(fold(fold(key, "truth"), i), BANDS).map((v) => TAU * v);
    const fit = fitGains({ periodogram: drawn(truth, i), expected }), deviations = gainDeviations(fit);
    assertLess(fit.steps, 30);
    fit.logGains.forEach((v, b) => scores.push((v - truth[b]) / deviations[b]));
  }
  const square = scores.reduce((sum, v) => sum + v * v, 0) / scores.length;
  assertLess(Math.abs(square - 1), 5 * Math.sqrt(2 / scores.length));
});

Deno.test("a fit ends at a maximum, also where a band holds far less than expected", () => {
  const faint = expectation([0, -8, 0]).map((v) => v / 20), window = { periodogram: faint, expected };
  const fit = fitGains(window), { gradient } = whittleScore(fit.logGains, window);
  assertLess(fit.steps, 60);
  assert(gradient.every((slope) => Math.abs(slope) < 0.1));
  fit.logGains.forEach((v) => assertLess(v, -1));
});

Deno.test("a wrong spectrum is told from the right one", () => {
  const right = fitGains({ periodogram: drawn([0, 0, 0], "right"), expected });
  const wrong = fitGains({ periodogram: drawn([0, 1.5, 0], "wrong"), expected });
  right.logGains.forEach((v, b) => assertLess(Math.abs(v) / gainDeviations(right)[b], 4));
  assertGreater(wrong.logGains[1] / gainDeviations(wrong)[1], 8);
  assertLess(Math.abs(wrong.logGains[0]) / gainDeviations(wrong)[0], 4);
});

Deno.test("members lie in pairs about the mode, with the covariance of its information", () => {
  const window = { periodogram: drawn([0.5, 0, -0.5], "members"), expected };
  const fits = [fitGains(window), fitGains({ ...window, periodogram: drawn([0, 0, 1], "other") })];
  const mode = fits.flatMap(({ logGains }) => [...logGains]);
  assertEquals(gainMembers(fits, { members: 1, key }).map((g) => [...g]), [mode]);
  const members = gainMembers(fits, { members: 4001, key });
  assertEquals([...members[0]], mode);
  mode.forEach((v, k) => {
    assertAlmostEquals(members.reduce((sum, g) => sum + g[k], 0) / members.length, v, 1e-9);
    const variance = members.reduce((sum, g) => sum + (g[k] - v) ** 2, 0) / members.length;
    const wanted = gainDeviations(fits[Math.floor(k / BANDS)])[k % BANDS];
    assertLess(Math.abs(Math.sqrt(variance) / wanted - 1), 0.08);
  });
});
