import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { summaryDetector, upperPValue } from "../../../core/inference/detect.ts";
import { principalComponents } from "../../../core/inference/principal.ts";
import { togetherPValue } from "../../../core/learning/detection.ts";
import { fold, type Key, normals64, rootKey } from "../../../core/base/random.ts";

const key = rootKey(51), UNKNOWNS = 8, DATA = 40;
const J = normals64(fold(key, "J"), DATA * UNKNOWNS).map((v) => v / Math.sqrt(UNKNOWNS));

interface Problem {
  readonly width?: number;
  readonly noise?: number;
  readonly operator?: Float64Array;
}

/** `J x + e` with x ~ N(0, width^2 I) and noise of the given deviation. */
function summaryOf(own: Key, { width = 1, noise = 0.3, operator = J }: Problem = {}): Float32Array {
  const x = normals64(fold(own, "x"), UNKNOWNS), e = normals64(fold(own, "e"), DATA);
  return Float32Array.from(
    { length: DATA },
    (_, i) => width * x.reduce((sum, v, j) => sum + operator[i * UNKNOWNS + j] * v, 0) + noise * e[i],
  );
}

const N = 1000, training = new Float32Array(N * DATA);
for (let i = 0; i < N; i++) training.set(summaryOf(fold(fold(key, "training"), i)), i * DATA);
const detector = summaryDetector({ n: N, values: training }, fold(key, "detector"));

const pValues = (name: string, problem: Problem = {}, count = 300) =>
  Array.from({ length: count }, (_, i) => detector.one(summaryOf(fold(fold(key, name), i), problem)));
const rejected = (p: readonly number[]) => p.filter((v) => v <= 0.05).length / p.length;

Deno.test("p-values of unseen observations like the training ones are uniform", () => {
  const p = pValues("unseen", {}, 600);
  // Three binomial standard errors of 600, and those of 500 held-out summaries that all of them share.
  for (const level of [0.05, 0.25, 0.5, 0.75]) {
    const margin = 3 * Math.sqrt(level * (1 - level) * (1 / 600 + 1 / 500));
    assertLess(Math.abs(p.filter((v) => v <= level).length / 600 - level), margin, `at ${level}`);
  }
});

Deno.test("more noise, less noise, another operator and a wider prior are found", () => {
  assertGreater(rejected(pValues("noise", { noise: 0.6 })), 0.95);
  assertGreater(rejected(pValues("quiet", { noise: 0.15 })), 0.95);
  const operator = normals64(fold(key, "other"), J.length).map((v) => v / Math.sqrt(UNKNOWNS));
  assertGreater(rejected(pValues("operator", { operator })), 0.95);
  assertGreater(rejected(pValues("prior", { width: 2 })), 0.5);
});

Deno.test("several together show a shift of the mean that one alone hides, and are uniform without a shift", () => {
  const together = (name: string, shift: number, count: number) =>
    Array.from({ length: 60 }, (_, k) => {
      const own = Array.from({ length: count }, (_, i) => {
        const one = summaryOf(fold(fold(fold(key, name), k), i), {});
        const moved = J.reduce((all, v, j) => {
          all[Math.floor(j / UNKNOWNS)] += shift * v;
          return all;
        }, new Float32Array(DATA));
        return one.map((v, i) => v + moved[i]);
      });
      return {
        joint: togetherPValue(detector, own, fold(key, k)),
        least: Math.min(...own.map(detector.one)),
      };
    });
  const still = together("still", 0, 6);
  assertLess(rejected(still.map(({ joint }) => joint)), 0.05 + 3 * Math.sqrt(0.05 * 0.95 / 60));
  const moved = together("moved", 1, 6);
  assertGreater(rejected(moved.map(({ joint }) => joint)), 0.7);
  // The best that one of six can tell, by Bonferroni.
  assertLess(rejected(moved.map(({ least }) => 6 * least)), 0.4);
});

Deno.test("a summary that is not a number is as unusual as can be", () => {
  assertLess(detector.one(new Float32Array(DATA).fill(NaN)), 0.01);
});

Deno.test("a p-value counts those at least as large, itself among them", () => {
  assertEquals(upperPValue(2, [1, 2, 3]), 3 / 4);
  assertEquals(upperPValue(4, [1, 2, 3]), 1 / 4);
});

Deno.test("components that never vary, and more components than summaries, do no harm", () => {
  const wide = new Float32Array(60 * 200).map((_, k) => k % 200 < 100 ? 7 : Math.sin(k * k));
  const find = summaryDetector({ n: 60, values: wide }, key), p = find.one(wide.subarray(0, 200));
  assert(p > 0 && p <= 1, `p is ${p}`);
});

Deno.test("principal components are the axes of an ellipsoid, in their order, with its variances", () => {
  const n = 4000, size = 5, scales = [5, 3, 1, 0.5, 0.1];
  const rows = normals64(fold(key, "rows"), n * size).map((v, k) => v * scales[k % size]);
  const { directions, variances } = principalComponents(rows, { size, starts: normals64(key, 2 * size) });
  for (const j of [0, 1]) {
    assertGreater(Math.abs(directions[j * size + j]), 0.999);
    assertAlmostEquals(variances[j] / scales[j] ** 2, 1, 0.1);
  }
});
