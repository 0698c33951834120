import { assertAlmostEquals, assertEquals, assertGreater, assertLess, assertThrows } from "@std/assert";
import { c2st } from "../../../core/metrics/mod.ts";
import { fitClassifier } from "../../../core/metrics/classifier.ts";
import { denseLearner } from "../../../core/metrics/dense_learner.ts";
import { plainLearner } from "../../../core/metrics/learner.ts";
import { initNetwork, lossAndGradient } from "../../../core/metrics/network.ts";
import { product, transposed } from "../../../core/metrics/products.ts";
import { fold, normals64, rootKey } from "../../../core/base/random.ts";
import { Uncomputable } from "../../../core/base/uncomputable.ts";

const key = rootKey(31);
const matrix = (name: string, rows: number, columns: number) => ({
  values: normals64(fold(key, name), rows * columns),
  rows,
  columns,
});

Deno.test("products in blocks agree with sums, whatever the sides", () => {
  for (const [rows, columns, depth] of [[1, 1, 1], [2, 4, 3], [5, 7, 6], [3, 6, 1]]) {
    const a = matrix("a", rows, depth), b = matrix("b", columns, depth), c = product(a, b);
    for (let k = 0; k < rows * columns; k++) {
      const [i, j] = [Math.floor(k / columns), k % columns];
      const sum = Array.from({ length: depth }, (_, d) => a.values[i * depth + d] * b.values[j * depth + d]);
      assertAlmostEquals(c.values[k], sum.reduce((x, y) => x + y), 1e-12);
    }
    assertAlmostEquals(transposed(a).values[depth > 1 ? rows : 0], a.values[depth > 1 ? 1 : 0], 0);
  }
});

Deno.test("the classifier's gradient is the derivative of its loss", () => {
  const network = initNetwork([3, 5, 4, 1], key), labels = Float64Array.of(0, 1, 1, 0, 1, 0);
  const batch = { x: matrix("x", 6, 3), labels, penalty: 0.3 };
  const { gradient } = lossAndGradient(network, batch), step = 1e-6;
  network.flatMap(({ weight, bias }) => [weight.values, bias]).forEach((values, l) => {
    values.forEach((value, k) => {
      const at = (v: number) => {
        values[k] = v;
        return lossAndGradient(network, batch).loss;
      };
      const slope = (at(value + step) - at(value - step)) / (2 * step);
      values[k] = value;
      assertAlmostEquals(gradient[l][k], slope, 1e-8);
    });
  });
});

Deno.test("the SIMD learner takes the plain one's steps, whatever the widths and the batch", () => {
  for (const [rows, size] of [[200, 2], [200, 5], [37, 3], [8, 1]]) {
    const x = matrix("x", rows, size), labels = Float64Array.from({ length: rows }, (_, i) => i % 2);
    const open = () => initNetwork([size, 10 * size, 10 * size, 1], key);
    const fast = denseLearner(open(), 200), plain = plainLearner(open(), 200);
    const start = fast.step(x, labels);
    assertAlmostEquals(start, plain.step(x, labels), 1e-6);
    let [a, b] = [0, 0];
    for (let step = 0; step < 50; step++) [a, b] = [fast.step(x, labels), plain.step(x, labels)];
    assertLess(a, start - 0.01);
    assertAlmostEquals(a, b, 1e-5);
    fast.logits(x).forEach((logit, i) => assertAlmostEquals(logit, plain.logits(x)[i], 1e-3));
  }
});

Deno.test("both learners end at the same accuracy", () => {
  const n = 300, size = 2, values = normals64(fold(key, "ends"), n * size);
  const labels = Float64Array.from({ length: n }, (_, i) => i % 2);
  const x = { values: values.map((v, k) => v + labels[Math.floor(k / size)]), rows: n, columns: size };
  const right = [denseLearner, plainLearner].map((open) =>
    fitClassifier({ x, labels }, key, open)({ x, labels })
  );
  assertGreater(right[0], 0.7 * n);
  assertLess(Math.abs(right[0] - right[1]), 0.02 * n);
});

Deno.test("C2ST is at chance for one distribution, and near the best classifier's accuracy for two", () => {
  const n = 400, x = normals64(fold(key, "x"), 2 * n), y = normals64(fold(key, "y"), 2 * n);
  const same = c2st({ x, y, size: 2 }, key);
  assertLess(Math.abs(same.accuracy - 0.5), 3 * same.error);
  assertGreater(same.pValue, 0.01);
  // Means 2 apart: the best accuracy is Phi(1) = 0.841.
  const shifted = c2st({ x, y: y.map((v, k) => k % 2 ? v : v + 2), size: 2 }, key);
  assertLess(Math.abs(shifted.accuracy - 0.841), 3 * shifted.error);
  assertLess(shifted.pValue, 1e-6);
});

Deno.test("C2ST does not change when both sets are scaled and shifted", () => {
  const x = normals64(fold(key, "x"), 200), y = normals64(fold(key, "y"), 200).map((v) => 0.5 * v);
  const move = (v: number) => 8 * v + 4; // exact in floating point
  const { accuracy } = c2st({ x, y, size: 2 }, key);
  assertAlmostEquals(c2st({ x: x.map(move), y: y.map(move), size: 2 }, key).accuracy, accuracy, 0.02);
});

Deno.test("a component that is one constant in both sets tells nothing, and all where it is not", () => {
  const set = (name: string, second: (i: number) => number) => {
    const e = normals64(fold(key, name), 60);
    return Float64Array.from({ length: 120 }, (_, k) => k % 2 === 0 ? e[k >> 1] : second(k));
  };
  const accuracy = (x: Float64Array, y: Float64Array) => c2st({ x, y, size: 2 }, key).accuracy;
  const five = set("x", () => 5);
  assertLess(accuracy(five, set("y", () => 5)), 0.7);
  for (const other of [set("y", () => 5.000001), set("y", (k) => 5 + k)]) {
    assertEquals([accuracy(five, other), accuracy(other, five)], [1, 1]);
  }
  const few = Float64Array.of(1, 2, 3, 4);
  assertThrows(
    () => c2st({ x: few, y: few, size: 1 }, key),
    Uncomputable,
    "There are 4 samples: C2ST needs 5",
  );
});
