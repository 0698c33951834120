import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertThrows,
} from "@std/assert";
import {
  calibrationByGroup,
  chiSquareTail,
  contraction,
  coverageByGroup,
  coverageTest,
  depthBands,
  energyScore,
  expectedCoverage,
  mmd,
  predictiveCheck,
  projections,
  quantileBands,
  ranks,
  simulationBasedCalibration,
  smoothWeights,
  tarp,
  type Trial,
  uniformityTest,
} from "../../../core/metrics/mod.ts";
import { fold, normals64, rootKey, uniforms } from "../../../core/base/random.ts";
import {
  covariance,
  DATA,
  deviation,
  type Fault,
  logWeights,
  misfit,
  plantedTrials,
  SIZE,
} from "./planted.ts";

const key = rootKey(21), SAMPLES = 99, COUNT = 150;
const cells = Array.from({ length: SIZE }, (_, i) => i);
const trials = (fault: Fault, count = COUNT) => plantedTrials(fold(key, fault), { count, fault, n: SAMPLES });

/** Fraction of p-values at or below 5 %, and three binomial standard errors at 5 %. */
function rejected(pValues: readonly number[]): { rate: number; margin: number } {
  const rate = pValues.filter((p) => p <= 0.05).length / pValues.length;
  return { rate, margin: 3 * Math.sqrt(0.05 * 0.95 / pValues.length) };
}

Deno.test("the chi-square tail is that of tables and of closed forms", () => {
  assertAlmostEquals(chiSquareTail(3.841458820694124, 1), 0.05, 1e-12);
  assertAlmostEquals(chiSquareTail(124.34211340400407, 100), 0.05, 1e-12);
  assertAlmostEquals(chiSquareTail(7, 2), Math.exp(-3.5), 1e-15);
  assertAlmostEquals(chiSquareTail(2, 6), Math.exp(-1) * 2.5, 1e-14); // e^-1 (1 + 1 + 1/2)
  // mpmath 1.3 with 40 digits.
  assertAlmostEquals(chiSquareTail(1e4, 1e4), 0.49811936596618267, 1e-11);
  assertAlmostEquals(chiSquareTail(1.02e6, 1e6) / 3.883911831189381e-45, 1, 1e-8);
  assertEquals(chiSquareTail(0, 3), 1);
});

Deno.test("tests of uniformity reject 5 % of uniform ranks, few or many", () => {
  for (const { count, outcomes } of [{ count: 8, outcomes: 100 }, { count: 60, outcomes: 33 }]) {
    const test = uniformityTest({ count, outcomes, key: fold(key, "null") });
    const found = Array.from(
      { length: 600 },
      (_, k) => test(uniforms(fold(fold(key, count), k), count).map((u) => Math.floor(outcomes * u))),
    );
    for (const name of ["chiSquare", "envelope"] as const) {
      const { rate, margin } = rejected(found.map((t) => t[name].pValue));
      assertLess(rate, 0.05 + margin, `${name} of ${count}`);
    }
    const { rate, margin } = rejected(found.map((t) => t.envelope.pValue));
    assertGreater(rate, 0.05 - margin, `envelope of ${count}`);
  }
});

Deno.test("ranks that lie too high, or too near the ends, leave the envelope", () => {
  const test = uniformityTest({ count: 200, outcomes: 100, key });
  const u = uniforms(fold(key, "skewed"), 200);
  const high = test(u.map((v) => Math.floor(100 * v ** 0.7)));
  const ends = test(u.map((v) => Math.floor(100 * (1 - Math.cos(Math.PI * v)) / 2)));
  for (const { chiSquare, envelope } of [high, ends]) {
    assertLess(envelope.pValue, 0.01);
    assertLess(chiSquare.pValue, 0.05);
    assertAlmostEquals(
      envelope.error,
      Math.sqrt(envelope.pValue * (1 - envelope.pValue) / 999),
      1e-12,
    );
  }
});

Deno.test("a rank counts the smaller samples, and orders equal ones at random", () => {
  const truth = Float64Array.of(2, 0), samples = Float64Array.of(1, 0, 3, 0, -1, 0, 1.5, 0);
  const same = Array.from({ length: 500 }, () => ({ truth, samples }));
  assertEquals(new Set(ranks(same, (x) => x[0], key)), new Set([3]));
  const tied = ranks(same, (x) => x[1], key);
  assertEquals([...new Set(tied)].sort(), [0, 1, 2, 3, 4]);
});

Deno.test("trials with different numbers of samples are refused in a sentence", () => {
  const uneven: Trial[] = [2, 3].map((n) => ({ truth: new Float64Array(1), samples: new Float64Array(n) }));
  assertThrows(() => tarp(uneven, { key }), Error, "Trials have 2, 3 samples");
});

Deno.test("SBC and TARP keep an exact posterior, and reject a bias and half the width", () => {
  const quantities = projections(cells, { count: 3, key: fold(key, "directions") });
  const pValues = (fault: Fault) => {
    const set = trials(fault), ball = tarp(trials(fault, 400), { key });
    const sbc = simulationBasedCalibration(set, { quantities, key });
    return { sbc: Math.min(...sbc.map((t) => t.envelope.pValue)), tarp: ball.envelope.pValue };
  };
  const exact = pValues("none");
  assertGreater(exact.sbc, 0.02);
  assertGreater(exact.tarp, 0.05);
  for (const fault of ["bias", "narrow"] as const) {
    const wrong = pValues(fault);
    assertLess(wrong.sbc, 0.01, fault);
    assertLess(wrong.tarp, 0.05, fault);
  }
});

Deno.test("a sampler of the prior passes with quantities of the unknown, not with the misfit", () => {
  const set = trials("prior"), [u] = projections(cells, { count: 1, key });
  const quantities = [u, (x: ArrayLike<number>, trial: number) => misfit(x, set[trial].data)];
  const [blind, seeing] = simulationBasedCalibration(set, { quantities, key });
  assertGreater(blind.envelope.pValue, 0.05);
  assertEquals(seeing.envelope.pValue, 1 / 1000);
});

Deno.test("SBC of an exact posterior rejects 5 % of the time, of half the width nearly always", () => {
  const test = uniformityTest({ count: 25, outcomes: SAMPLES + 1, key: fold(key, "null") });
  const [u] = projections(cells, { count: 1, key });
  const pValues = (fault: Fault, repeats: number) =>
    Array.from({ length: repeats }, (_, k) => {
      const own = fold(fold(key, `size ${fault}`), k);
      return test(ranks(plantedTrials(own, { count: 25, fault, n: SAMPLES }), u, own)).envelope.pValue;
    });
  const { rate, margin } = rejected(pValues("none", 200));
  assertLess(Math.abs(rate - 0.05), margin);
  assertGreater(rejected(pValues("narrow", 60)).rate, 0.4);
});

Deno.test("expected coverage states the level that the samples can have, and its binomial error", () => {
  const found = Uint32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9);
  const [point] = expectedCoverage(found, { outcomes: 10, region: "central", levels: [0.83] });
  assertEquals(point.level, 0.8);
  assertAlmostEquals(point.coverage, 8 / 12, 1e-12);
  assertAlmostEquals(point.error, Math.sqrt(8 / 12 * 4 / 12 / 12), 1e-12);
  assertAlmostEquals(coverageTest({ level: 0.5, coverage: 0.6, error: 0 }, 100), 0.04550026, 1e-7);
});

Deno.test("an over-confident sampler covers less of every group, an exact one what it states", () => {
  const labels = ["shallow", "shallow", "deep", "deep", "deep", undefined];
  const exact = coverageByGroup(trials("none"), { labels });
  assertEquals([...exact.keys()], ["shallow", "deep"]);
  for (const { level, coverage, error } of exact.values()) {
    assertEquals(level, 0.9);
    assertLess(Math.abs(coverage - level), 3 * error);
  }
  for (const { coverage, error } of coverageByGroup(trials("narrow"), { labels }).values()) {
    assertLess(Math.abs(coverage - 0.589), 3 * error); // P(|N| < 1.645 / 2)
  }
});

Deno.test("a fault in one group of cells is found in that group alone", () => {
  const spoilt = trials("none").map(({ truth, samples }) => ({
    truth,
    samples: samples.map((v, k) => k % SIZE < 2 ? v + deviation[k % SIZE] : v),
  }));
  const groups = calibrationByGroup(spoilt, { labels: depthBands([3, 2], 3), key });
  assertLess(groups.get("1")!.sbc.envelope, 0.01);
  assertLess(groups.get("1")!.tarp.envelope, 0.05);
  for (const label of ["2", "3"]) {
    const { sbc, tarp } = groups.get(label)!;
    for (const p of [sbc.envelope, sbc.chiSquare, tarp.envelope, tarp.chiSquare]) {
      assertGreater(p, 0.02, label);
    }
  }
});

Deno.test("bands are rows by depth, and cells by their value", () => {
  assertEquals(depthBands([4, 1], 2), ["1", "1", "2", "2"]);
  assertEquals(quantileBands(Float64Array.of(5, -1, 3, 9), 2), ["2", "1", "1", "2"]);
});

Deno.test("the energy score of two points on a line is computed by hand, of the exact posterior the least", () => {
  const hand = energyScore({ truth: Float64Array.of(0), samples: Float64Array.of(1, 3, -2) });
  assertAlmostEquals(hand.value, 2 - (2 + 3 + 5) / 3 / 2, 1e-12);
  // Without a sample: 5/2 - 5/2, 3/2 - 3/2, 2 - 1; the jackknife's error is sqrt(2/3 sum (v - 1/3)^2).
  assertAlmostEquals(hand.error, Math.sqrt(2 / 3 * 2 / 3), 1e-12);
  const mean = (fault: Fault) => trials(fault).reduce((sum, t) => sum + energyScore(t).value, 0) / COUNT;
  const exact = mean("none");
  for (const fault of ["bias", "narrow", "prior"] as const) assertGreater(mean(fault), exact + 0.02, fault);
});

Deno.test("MMD is the U-statistic summed directly, and its p-value tells faulty samplers apart", () => {
  const x = Float64Array.of(0, 1, 3), y = Float64Array.of(2, 5);
  const { statistic } = mmd({ x, y, size: 1 }, { key });
  // Squared distances 1 9 4 4 1 1 25 16 4 9 in order of pairs: the sixth smallest is 4.
  const k = (a: number, b: number) => Math.exp(-((a - b) ** 2) / 8);
  const expected = (k(0, 1) + k(0, 3) + k(1, 3)) / 3 + k(2, 5) -
    (k(0, 2) + k(1, 2) + k(3, 2) + k(0, 5) + k(1, 5) + k(3, 5)) / 3;
  assertAlmostEquals(statistic, expected, 1e-12);
  const n = 100, draw = (name: string, i: number) => normals64(fold(fold(key, name), i), n * 3);
  const pValues = (change: (v: number) => number, repeats: number) =>
    Array.from(
      { length: repeats },
      (_, i) => mmd({ x: draw("x", i), y: draw("y", i).map(change), size: 3 }, { key: fold(key, i) }).pValue,
    );
  const { rate, margin } = rejected(pValues((v) => v, 150));
  assertLess(Math.abs(rate - 0.05), margin);
  for (const change of [(v: number) => v + 0.5, (v: number) => v / 2]) {
    assertGreater(rejected(pValues(change, 20)).rate, 0.9);
  }
});

Deno.test("MMD's spread is the scatter of its estimates", () => {
  const found = Array.from({ length: 60 }, (_, i) => {
    const x = normals64(fold(fold(key, "a"), i), 200), y = normals64(fold(fold(key, "b"), i), 300);
    return mmd({ x, y: y.map((v) => v + 1), size: 2 }, { key, permutations: 1 });
  });
  const mean = found.reduce((s, m) => s + m.statistic, 0) / 60;
  const scatter = Math.sqrt(found.reduce((s, m) => s + (m.statistic - mean) ** 2, 0) / 59);
  const spread = found.reduce((s, m) => s + m.spread, 0) / 60;
  assertLess(Math.abs(spread / scatter - 1), 0.35);
});

Deno.test("kHat is the tail index of Pareto weights, and equal weights have none", () => {
  for (const shape of [0.2, 0.5, 0.9]) {
    const found = Array.from(
      { length: 20 },
      (_, i) => smoothWeights(uniforms(fold(fold(key, "pareto"), i), 4000).map((u) => -shape * Math.log(u))),
    );
    const mean = found.reduce((sum, s) => sum + s.kHat, 0) / 20, { kHatError } = found[0];
    assertLess(Math.abs(mean - shape), 3 * kHatError / Math.sqrt(20) + 10 * Math.abs(0.5 - shape) / 200);
  }
  const equal = smoothWeights(new Float64Array(1000).fill(-7));
  assertEquals(equal.kHat, 0);
  assertAlmostEquals(equal.ess, 1000, 1e-9);
});

Deno.test("smoothing agrees with ArviZ 0.23", () => {
  const { kHat, ess, weights } = smoothWeights(
    Array.from({ length: 500 }, (_, i) => -0.8 * Math.log((i + 0.5) / 500)),
  );
  assertAlmostEquals(kHat, 0.7439922899841761, 1e-10);
  assertAlmostEquals(ess, 52.7898980637043, 1e-8);
  assertAlmostEquals(Math.max(...weights), 0.10730842611881254, 1e-12);
});

Deno.test("smoothed weights sum to 1, keep their order, and estimate better than raw ones", () => {
  const sampleErrors = Array.from({ length: 200 }, (_, i) => {
    const z = normals64(fold(fold(key, "proposal"), i), 500); // proposal N(0, 1), target N(1, 1): E x = 1
    const { weights } = smoothWeights(z.map((v) => 1.5 * v));
    assertAlmostEquals(weights.reduce((a, b) => a + b, 0), 1, 1e-12);
    const raw = z.map((v) => Math.exp(1.5 * v)), sum = raw.reduce((a, b) => a + b, 0);
    const mean = (w: Float64Array) => w.reduce((s, v, k) => s + v * z[k], 0);
    return [mean(weights) - 1.5, mean(raw.map((v) => v / sum)) - 1.5];
  });
  const mse = (k: number) => sampleErrors.reduce((s, e) => s + e[k] ** 2, 0) / sampleErrors.length;
  assertLess(mse(0), mse(1));
  const { weights } = smoothWeights([0, 1, 2, 3, 4, 8, 5, 6, 7, ...Array.from({ length: 40 }, (_, i) => -i)]);
  assertEquals(weights.slice(0, 9).map((w, i, all) => Number(i < 4 && w > all[i + 1])), new Float64Array(9));
});

Deno.test("weights of an exact sampler are equal, of a wrong one few count", () => {
  const ess = (fault: Fault) =>
    plantedTrials(key, { count: 20, fault, n: 400 })
      .reduce((sum, t) => sum + smoothWeights(logWeights(t, fault)).ess / 400 / 20, 0);
  assertAlmostEquals(ess("none"), 1, 1e-9);
  for (const fault of ["bias", "narrow", "prior"] as const) assertLess(ess(fault), 0.5, fault);
});

Deno.test("predictive p-values gather at 1/2, pivotal ones are uniform, both fall for a sampler of the prior", () => {
  const check = (fault: Fault) =>
    trials(fault).map(({ samples, data }) =>
      predictiveCheck(
        Array.from({ length: SAMPLES }, (_, k) => misfit(samples.subarray(k * SIZE, (k + 1) * SIZE), data)),
        { degreesOfFreedom: DATA },
      )
    );
  const exact = check("none"), twenty = (p: number) => Math.min(19, Math.floor(20 * p));
  const uniform = uniformityTest({ count: COUNT, outcomes: 20, key });
  assertGreater(uniform(exact.map((c) => twenty(c.pivotal))).envelope.pValue, 0.05);
  assertLess(rejected(exact.map((c) => c.predictive.value)).rate, 0.05);
  const wrong = check("prior");
  assertGreater(rejected(wrong.map((c) => c.predictive.value)).rate, 0.5);
  assertEquals(uniform(wrong.map((c) => twenty(c.pivotal))).envelope.pValue, 1 / 1000);
});

Deno.test("contraction is what the exact variances say, and its error what it scatters", () => {
  const priorVariance = Float64Array.from(cells, (i) => covariance[i * (SIZE + 1)]);
  const exact = cells.reduce((sum, i) => sum + (1 - deviation[i] ** 2 / priorVariance[i]) / SIZE, 0);
  const found = trials("none").map(({ samples }) => contraction({ samples, priorVariance, cells }));
  const mean = found.reduce((sum, c) => sum + c.value, 0) / COUNT;
  const scatter = Math.sqrt(found.reduce((sum, c) => sum + (c.value - exact) ** 2, 0) / COUNT);
  assertLess(Math.abs(mean - exact), 3 * scatter / Math.sqrt(COUNT));
  const error = found.reduce((sum, c) => sum + c.error, 0) / COUNT;
  assertLess(Math.abs(error / scatter - 1), 0.25);
  assert(exact > 0.3 && exact < 0.9, `the problem contracts by ${exact}`);
});
