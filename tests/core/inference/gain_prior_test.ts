import { assertAlmostEquals, assertEquals } from "@std/assert";
import { gainCovariance, gainPrecision, LOCAL, priorGains } from "../../../core/inference/gain_prior.ts";

const settings = {
  bands: { radii: [0.05, 0.1, 0.2], dips: [-30, 0, 30] },
  windows: { down: 2, across: 2 },
  gains: { deviation: 1.5, alike: { windows: 0.8, radii: 0.5, dips: 0.4 } },
};
const bands = 7, m = 4 * bands, covariance = gainCovariance(settings);
const correlation = (a: [number, number], b: [number, number]) =>
  covariance[(a[0] * bands + a[1]) * m + b[0] * bands + b[1]] / 1.5 ** 2;

Deno.test("log gains are alike where windows, radii or dips are next to each other", () => {
  assertEquals(covariance.length, m * m);
  for (let w = 0; w < 4; w++) for (let b = 0; b < bands; b++) assertEquals(correlation([w, b], [w, b]), 1);
  const cases: [[number, number], [number, number], number][] = [
    [[0, 2], [1, 2], 0.8], // beside
    [[0, 2], [2, 2], 0.8], // below
    [[0, 2], [3, 2], 0.64], // across the corner
    [[0, 1], [0, 4], 0.5], // the next radius, the same dip
    [[0, 1], [0, 3], 0.16], // the same radius, two dips on
    [[0, 0], [0, 2], 0.5], // the lowest radius and a flat dip
    [[0, 0], [0, 1], 0.2],
    [[1, 0], [2, 6], 0.64 * 0.25 * 0.4],
  ];
  for (const [a, b, wanted] of cases) assertAlmostEquals(correlation(a, b), wanted, 1e-12);
});

Deno.test("the precision is the covariance's inverse, of the settings that were chosen too", () => {
  for (const chosen of [settings, LOCAL]) {
    const c = gainCovariance(chosen), p = gainPrecision(chosen), n = Math.sqrt(c.length);
    for (const i of [0, 5, n - 1]) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += c[i * n + k] * p[k * n + j];
        assertAlmostEquals(sum, Number(i === j), 1e-9);
      }
    }
  }
});

Deno.test("gains are shown in dB, a band after another, each over its windows", () => {
  const logGains = Float64Array.from(
    { length: m },
    (_, k) => k % bands === 2 ? Math.log(10) * Math.floor(k / bands) : 0,
  );
  const { decibels, shape, bands: named } = priorGains(logGains, settings);
  assertEquals(shape, [bands, 2, 2]);
  assertEquals(named[2], { radius: 0.1, dip: 0 });
  decibels.forEach((v, k) => assertAlmostEquals(v, Math.floor(k / 4) === 2 ? 10 * (k % 4) : 0, 1e-12));
});
