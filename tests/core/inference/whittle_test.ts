import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { fitGains, gainDeviations, gainMembers, penalisedScore } from "../../../core/inference/whittle.ts";
import { cholesky, multiplyVector } from "../../../core/linalg/mod.ts";
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

/** Two windows' log gains, of deviation 1.2; a band's are alike in both. */
const M = 2 * BANDS, DEVIATION = 1.2, ALIKE = 0.6;
const covarianceOf = (alike: number) =>
  Float64Array.from({ length: M * M }, (_, k) => {
    const i = Math.floor(k / M), j = k % M;
    return DEVIATION ** 2 * (i === j ? 1 : (i - j) % BANDS === 0 ? alike : 0);
  });
/** The inverse of that covariance. */
const precisionOf = (alike: number) =>
  covarianceOf(-alike).map((v) => v / (DEVIATION ** 4 * (1 - alike ** 2)));
const precision = precisionOf(ALIKE), at = Float64Array.from([0.4, -0.8, 0.2, 0, 1, -1]), STEP = 1e-5;

const windowsOf = (periodograms: readonly Float64Array[]) =>
  periodograms.map((periodogram) => ({ periodogram, expected }));
const drawnWindows = (logGains: Float64Array, name: string | number) =>
  windowsOf([0, 1].map((w) => drawn(logGains.subarray(w * BANDS), `${name} ${w}`)));
const moved = (b: number, sign: number) => at.map((v, c) => c === b ? v + sign * STEP : v);

Deno.test("the gradient is the derivative of the penalised likelihood", () => {
  const problem = { windows: drawnWindows(new Float64Array(M), "any"), precision };
  penalisedScore(at, problem).gradient.forEach((slope, b) => {
    const [up, down] = [1, -1].map((sign) => penalisedScore(moved(b, sign), problem).value);
    assertAlmostEquals(slope, (up - down) / (2 * STEP), 1e-5 * (1 + Math.abs(slope)));
  });
});

Deno.test("the information is the curvature where periodograms are as expected", () => {
  const windows = windowsOf([expectation(at), expectation(at.subarray(BANDS))]);
  const { information } = penalisedScore(at, { windows, precision });
  for (let b = 0; b < M; b++) {
    const [up, down] = [1, -1].map((sign) => penalisedScore(moved(b, sign), { windows, precision }).gradient);
    for (let c = 0; c < M; c++) {
      const curvature = (down[c] - up[c]) / (2 * STEP);
      assertAlmostEquals(information[c * M + b], curvature, 1e-5 * (1 + Math.abs(curvature)));
    }
  }
});

Deno.test("gains are recovered within their errors, which are neither too small nor too large", () => {
  const scores: number[] = [], l = cholesky(covarianceOf(ALIKE));
  for (let i = 0; i < 40; i++) {
    const truth = multiplyVector(l, normals64(fold(fold(key, "truth"), i), M));
    const fit = fitGains({ windows: drawnWindows(truth, i), precision }), deviations = gainDeviations(fit);
    assertLess(fit.steps, 30);
    fit.logGains.forEach((v, b) => scores.push((v - truth[b]) / deviations[b]));
  }
  const square = scores.reduce((sum, v) => sum + v * v, 0) / scores.length;
  assertLess(Math.abs(square - 1), 5 * Math.sqrt(2 / scores.length));
});

Deno.test("a fit ends at a maximum, also where a band holds far less than expected", () => {
  const faint = expectation([0, -8, 0]).map((v) => v / 20),
    problem = { windows: windowsOf([faint, faint]), precision };
  const fit = fitGains(problem), { gradient } = penalisedScore(fit.logGains, problem);
  assertLess(fit.steps, 60);
  assert(gradient.every((slope) => Math.abs(slope) < 0.1));
  fit.logGains.forEach((v) => assertLess(v, -1));
});

Deno.test("a wrong spectrum is told from the right one", () => {
  const fitted = (logGains: number[], name: string) =>
    fitGains({ windows: drawnWindows(Float64Array.from(logGains), name), precision });
  const right = fitted([0, 0, 0, 0, 0, 0], "right"), wrong = fitted([0, 1.5, 0, 0, 1.5, 0], "wrong");
  right.logGains.forEach((v, b) => assertLess(Math.abs(v) / gainDeviations(right)[b], 4));
  assertGreater(wrong.logGains[1] / gainDeviations(wrong)[1], 8);
  assertLess(Math.abs(wrong.logGains[0]) / gainDeviations(wrong)[0], 4);
});

Deno.test("a window that tells nothing takes its gains from the window that is like it", () => {
  const silent = { ...expected, weight: 1e-9 }, truth = [1.5, -1, 0.5];
  const windows = [{ periodogram: drawn(truth, "clear"), expected }, {
    periodogram: drawn([0, 0, 0], "silent"),
    expected: silent,
  }];
  const { logGains } = fitGains({ windows, precision });
  for (let b = 0; b < BANDS; b++) assertAlmostEquals(logGains[BANDS + b], ALIKE * logGains[b], 1e-5);
});

Deno.test("members lie in pairs about the mode, with the covariance of its information", () => {
  const fit = fitGains({
    windows: drawnWindows(Float64Array.from([0.5, 0, -0.5, 0, 0, 1]), "members"),
    precision,
  });
  assertEquals(gainMembers(fit, { members: 1, key }), [fit.logGains]);
  const members = gainMembers(fit, { members: 4001, key }), deviations = gainDeviations(fit);
  assertEquals(members[0], fit.logGains);
  fit.logGains.forEach((v, k) => {
    assertAlmostEquals(members.reduce((sum, g) => sum + g[k], 0) / members.length, v, 1e-9);
    const variance = members.reduce((sum, g) => sum + (g[k] - v) ** 2, 0) / members.length;
    assertLess(Math.abs(Math.sqrt(variance) / deviations[k] - 1), 0.08);
  });
});
