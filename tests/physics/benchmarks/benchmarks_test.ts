import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import type { Survey } from "../../../core/contracts/operator.ts";
import type { Simulator } from "../../../core/contracts/problem.ts";
import { fold, normals64, rootKey } from "../../../core/base/random.ts";
import { bernoulliGlm } from "../../../physics/benchmarks/bernoulli_glm.ts";
import { scaleMixture } from "../../../physics/benchmarks/scale_mixture.ts";
import { slcp } from "../../../physics/benchmarks/slcp.ts";
import { twoMoons } from "../../../physics/benchmarks/two_moons.ts";

const key = rootKey(67);

function simulatorOf(plugin: typeof twoMoons, written: unknown = {}): Simulator {
  const survey = plugin.build(plugin.schema.parse(written), { resources: { workers: 1, memory: 1e9 } });
  return (survey as Survey).simulator!;
}

/** `n` data of one unknown, and their mean and covariance. */
function drawn({ sample }: Simulator, x: Float32Array, n: number) {
  const rows = Array.from({ length: n }, (_, k) => sample(fold(key, k), x)), size = rows[0].length;
  const mean = Array.from({ length: size }, (_, i) => rows.reduce((sum, d) => sum + d[i], 0) / n);
  const covariance = (i: number, j: number) =>
    rows.reduce((sum, d) => sum + (d[i] - mean[i]) * (d[j] - mean[j]), 0) / n;
  return { rows, mean, covariance };
}

/** Integral of the likelihood over data in a square, by the midpoint rule. */
function integral(
  { logLikelihood }: Simulator,
  x: Float32Array,
  { from, to, cells }: { from: number; to: number; cells: number },
): number {
  const h = (to - from) / cells, at = (i: number) => from + (i + 0.5) * h;
  let sum = 0;
  for (let i = 0; i < cells; i++) {
    for (let j = 0; j < cells; j++) sum += Math.exp(logLikelihood(x, Float64Array.of(at(i), at(j))).value);
  }
  return sum * h * h;
}

Deno.test("the densities of data in the plane integrate to 1", () => {
  const x = Float32Array.of(0.1, -0.2);
  assertAlmostEquals(integral(simulatorOf(twoMoons), x, { from: -1, to: 1, cells: 800 }), 1, 5e-3);
  assertAlmostEquals(integral(simulatorOf(scaleMixture), x, { from: -6, to: 6, cells: 400 }), 1, 1e-3);
});

Deno.test("the data of two moons fill half a ring of radius 0.1 about the place that x tells", () => {
  const x = Float32Array.of(0.3, -0.5), { rows } = drawn(simulatorOf(twoMoons), x, 2000);
  const centre = [0.25 - 0.2 / Math.SQRT2, -0.8 / Math.SQRT2];
  const rings = rows.map(([a, b]) => Math.hypot(a - centre[0], b - centre[1]));
  const mean = rings.reduce((a, b) => a + b) / rings.length;
  assertAlmostEquals(mean, 0.1, 4 * 0.01 / Math.sqrt(rings.length));
  const spread = Math.sqrt(rings.reduce((sum, r) => sum + (r - mean) ** 2, 0) / rings.length);
  assertAlmostEquals(spread, 0.01, 5e-4);
  assert(rows.every(([a]) => a > centre[0]));
  // A quarter of the ring on each side of its axis holds as many data as its length says.
  const above = rows.filter(([a, b]) => b - centre[1] > a - centre[0]).length / rows.length;
  assertAlmostEquals(above, 0.25, 4 * Math.sqrt(0.25 * 0.75 / rows.length));
});

Deno.test("two moons: the unknown and its mirror image on t1 + t2 = 0 have the same likelihood", () => {
  const { sample, logLikelihood } = simulatorOf(twoMoons), x = Float64Array.of(0.4, 0.1);
  const d = sample(key, new Float32Array(x)), other = logLikelihood(Float64Array.of(-0.1, -0.4), d);
  assertAlmostEquals(other.value, logLikelihood(x, d).value, 1e-9);
  assertEquals(logLikelihood(x, d.map((v, i) => i === 0 ? v - 1 : v)).value, -Infinity);
});

Deno.test("a scale mixture's data have the mean variance of its parts", () => {
  const n = 20000, { mean, covariance } = drawn(simulatorOf(scaleMixture), Float32Array.of(2, -3), n);
  [2, -3].forEach((v, i) => assertAlmostEquals(mean[i], v, 4 * Math.sqrt(0.505 / n)));
  assertAlmostEquals(covariance(0, 0), 0.505, 0.03);
  assertAlmostEquals(covariance(0, 1), 0, 0.02);
});

Deno.test("slcp: the points have the mean and covariance that x tells, and are independent", () => {
  const x = Float32Array.of(0.5, -1, 1.2, -0.8, 0.7), n = 20000;
  const { mean, covariance } = drawn(simulatorOf(slcp), x, n);
  const s1 = 1.2 ** 2, s2 = 0.8 ** 2, rho = Math.tanh(0.7);
  for (let p = 0; p < 8; p += 2) {
    assertAlmostEquals(mean[p], 0.5, 4 * s1 / Math.sqrt(n));
    assertAlmostEquals(mean[p + 1], -1, 4 * s2 / Math.sqrt(n));
    assertLess(Math.abs(covariance(p, p) / s1 ** 2 - 1), 5 * Math.sqrt(2 / n));
    assertLess(Math.abs(covariance(p + 1, p + 1) / s2 ** 2 - 1), 5 * Math.sqrt(2 / n));
    assertAlmostEquals(covariance(p, p + 1), rho * s1 * s2, 5 * s1 * s2 * Math.sqrt((1 + rho ** 2) / n));
    if (p > 0) assertAlmostEquals(covariance(0, p), 0, 5 * s1 * s1 / Math.sqrt(n));
  }
});

Deno.test("slcp: the likelihood is that of four draws of the normal, and blind to the signs of t3 and t4", () => {
  const { sample, logLikelihood } = simulatorOf(slcp), x = Float64Array.of(0.5, -1, 1.2, -0.8, 0.7);
  const d = sample(key, new Float32Array(x));
  const a = 1.2 ** 4 + 1e-6,
    c = 0.8 ** 4 + 1e-6,
    b = Math.tanh(0.7) * 1.2 ** 2 * 0.8 ** 2,
    det = a * c - b * b;
  let expected = 0;
  for (let p = 0; p < 8; p += 2) {
    const u = d[p] - 0.5, v = d[p + 1] + 1;
    expected -= (c * u * u - 2 * b * u * v + a * v * v) / (2 * det) + Math.log(2 * Math.PI * Math.sqrt(det));
  }
  const { value } = logLikelihood(x, d);
  assertAlmostEquals(value, expected, 1e-9);
  assertAlmostEquals(logLikelihood(Float64Array.of(0.5, -1, -1.2, 0.8, 0.7), d).value, value, 1e-12);
});

Deno.test("bernoulli-glm: the number of spikes has the mean that the rates say", () => {
  const n = 4000, x = Float32Array.of(-1, 0, 0, 0), bins = 50;
  const { mean, covariance } = drawn(simulatorOf(bernoulliGlm, { length: 3, bins }), x, n);
  const rate = 1 / (1 + Math.E);
  assertAlmostEquals(mean[0], bins * rate, 4 * Math.sqrt(bins * rate * (1 - rate) / n));
  assertAlmostEquals(covariance(0, 0), bins * rate * (1 - rate), 0.06 * bins * rate);
});

Deno.test("bernoulli-glm: the data are the spikes' sums along the design, their likelihood that of the spike train", () => {
  const bins = 4, seed = 7, { sample, logLikelihood } = simulatorOf(bernoulliGlm, { length: 2, bins, seed });
  const stimulus = normals64(rootKey(seed), bins), x = Float64Array.of(-0.4, 0.9, -1.3), n = 4000;
  const design = Array.from(stimulus, (v, t) => [1, v, t > 0 ? stimulus[t - 1] : 0]);
  const trains = Array.from({ length: 2 ** bins }, (_, code) => design.map((_, t) => code >> t & 1));
  const draws = Array.from({ length: n }, (_, k) => sample(fold(key, k), new Float32Array(x)));
  for (const spikes of trains) {
    const d = Float64Array.of(0, 1, 2).map((i) => spikes.reduce((sum, s, t) => sum + s * design[t][i], 0));
    const p = spikes.reduce((product, s, t) => {
      const rate = 1 / (1 + Math.exp(-design[t].reduce((sum, v, i) => sum + v * x[i], 0)));
      return product * (s ? rate : 1 - rate);
    }, 1);
    assertAlmostEquals(Math.exp(logLikelihood(x, d).value), p, 1e-12);
    const found = draws.filter((row) => row.every((v, i) => Math.abs(v - d[i]) < 1e-5)).length / n;
    assertAlmostEquals(found, p, 4.5 * Math.sqrt(p * (1 - p) / n));
  }
});
