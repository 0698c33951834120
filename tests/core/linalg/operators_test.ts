import { assertAlmostEquals, assertEquals, assertGreater, assertLess, assertThrows } from "@std/assert";
import type { LinearOperator } from "../../../core/contracts/operator.ts";
import {
  cgls,
  cglsBatch,
  cholesky,
  compose,
  dotTest,
  identity,
  lowerSolve,
  multiplyTransposed,
  norm,
  rowwise,
  scale,
  smoothIllumination,
  taylorTest,
  transpose,
  upperSolve,
} from "../../../core/linalg/mod.ts";
import { fold, normals64, rootKey } from "../../../core/base/random.ts";
import { data, image, vector } from "../../spaces.ts";
import { diagonal } from "../../../core/linalg/operators.ts";

const KEY = rootKey(41);

/** A dense matrix [rows, columns]; `slip` spoils its adjoint. */
function matrix(values: Float64Array, [rows, columns]: [number, number], slip = 0): LinearOperator {
  return {
    domain: vector(columns),
    range: data(rows),
    forward: rowwise((x) =>
      Float64Array.from({ length: rows }, (_, i) => {
        let sum = 0;
        for (let j = 0; j < columns; j++) sum += values[i * columns + j] * x[j];
        return sum;
      })
    ),
    adjoint: rowwise((y) =>
      Float64Array.from({ length: columns }, (_, j) => {
        let sum = 0;
        for (let i = 0; i < rows; i++) sum += values[i * columns + j] * y[i];
        return sum * (1 + slip);
      })
    ),
  };
}

const random = (shape: [number, number], name: string) =>
  matrix(normals64(fold(KEY, name), shape[0] * shape[1]), shape);

Deno.test("the dot test passes an exact adjoint and fails one that is off by a millionth", async () => {
  const a = normals64(KEY, 12);
  assertLess(await dotTest(matrix(a, [3, 4]), { key: KEY, precision: "f64" }), 1e-14);
  assertGreater(await dotTest(matrix(a, [3, 4], 1e-6), { key: KEY, precision: "f64" }), 1e-9);
});

Deno.test("combinations of operators keep exact adjoints and act as written", async () => {
  const a = random([3, 4], "a"), b = random([4, 5], "b"), x = normals64(KEY, 5);
  const combined = scale(-2, compose(a, b));
  assertLess(await dotTest(combined, { key: KEY, precision: "f64" }), 1e-14);
  const wanted = (await a.forward(await b.forward(x))).map((v) => -2 * v);
  assertEquals(await combined.forward(x), wanted);
  assertEquals(await identity(b.domain).forward(x), x);
  assertThrows(() => compose(b, a), Error, "must be of the size of");
});

Deno.test("the smooth illumination of a diagonal operator is the mean of its squares over 9 by 9 cells", async () => {
  const [rows, columns] = [12, 11], space = image([rows, columns]);
  const weights = normals64(KEY, rows * columns);
  const light = await smoothIllumination(diagonal(weights, space), { key: KEY });
  const mean = ([top, bottom]: number[], [left, right]: number[]) => {
    const cells = [...weights.keys()].filter((i) => {
      const z = Math.floor(i / columns), x = i % columns;
      return z >= top && z <= bottom && x >= left && x <= right;
    });
    return cells.reduce((sum, i) => sum + weights[i] ** 2, 0) / cells.length;
  };
  assertAlmostEquals(light[0], mean([0, 4], [0, 4]), 1e-5);
  assertAlmostEquals(light[6 * columns + 5], mean([2, 10], [1, 9]), 1e-5);
  assertAlmostEquals(light[rows * columns - 1], mean([7, 11], [6, 10]), 1e-5);
});

Deno.test("the Taylor test finds order 2 for a gradient, order 1 for a wrong one", () => {
  const f = (x: Float32Array | Float64Array) => Math.sin(x[0]) * x[1] ** 2;
  const x = Float64Array.of(0.3, 1.2), direction = Float64Array.of(1, -0.5);
  const gradient = Float64Array.of(Math.cos(0.3) * 1.44, Math.sin(0.3) * 2.4);
  for (const order of taylorTest(f, { x, gradient, direction, step: 1e-3 })) {
    assertAlmostEquals(order, 2, 0.05);
  }
  const wrong = gradient.map((g) => 1.1 * g);
  for (const order of taylorTest(f, { x, gradient: wrong, direction, step: 1e-3 })) {
    assertAlmostEquals(order, 1, 0.05);
  }
});

Deno.test("CGLS reaches the damped, whitened least-squares solution, its objective never rising", async () => {
  const [rows, columns] = [9, 6], damping = 0.7;
  const values = normals64(KEY, rows * columns), a = matrix(values, [rows, columns]);
  const weights = Float64Array.from({ length: rows }, (_, i) => 1 + i / 3);
  const whiten = (r: Float32Array | Float64Array) => Float64Array.from(r, (v, i) => weights[i] * v);
  const d = normals64(fold(KEY, "d"), rows), x0 = normals64(fold(KEY, "x0"), columns);
  const { x, residuals } = await cgls(a, d, { iterations: 2 * columns, damping, whiten, x0 });

  const normal = new Float64Array(columns * columns);
  for (let j = 0; j < columns; j++) {
    for (let k = 0; k < columns; k++) {
      for (let i = 0; i < rows; i++) {
        normal[j * columns + k] += weights[i] ** 2 * values[i * columns + j] * values[i * columns + k];
      }
    }
    normal[j * columns + j] += damping ** 2;
  }
  const l = cholesky(normal), rhs = new Float64Array(await a.adjoint(whiten(whiten(d))));
  const wanted = upperSolve(l, lowerSolve(l, rhs));
  assertLess(norm(x.map((v, i) => v - wanted[i])), 1e-10);
  for (let k = 1; k < residuals.length; k++) assertLess(residuals[k], residuals[k - 1] + 1e-12);
});

Deno.test("CGLS of several data in a row is that of each, the one that ends first left as it is", async () => {
  const [rows, columns] = [9, 6], a = random([rows, columns], "a"), dampings = [0, 0.7, 2];
  const data = dampings.map((_, i) => normals64(fold(KEY, i), rows));
  data[1].fill(0);
  const starts = dampings.map((_, i) => normals64(fold(KEY, 10 + i), columns));
  starts[1].fill(0);
  const precondition = Float64Array.from({ length: columns }, (_, i) => 1 + i);
  const options = {
    iterations: 4,
    whiten: (r: Float32Array | Float64Array) => r.map((v) => 2 * v),
    precondition,
  };
  const joined = (parts: Float64Array[]) => Float64Array.from(parts.flatMap((part) => [...part]));
  const together = await cglsBatch(a, joined(data), { ...options, dampings, x0: joined(starts) });
  for (const [i, damping] of dampings.entries()) {
    assertEquals(together[i], await cgls(a, data[i], { ...options, damping, x0: starts[i] }));
  }
  assertEquals(together[1].residuals, [0]);
  assertEquals(together[0].residuals.length, 5);
});

Deno.test("CGLS stops at once where the start is the solution", async () => {
  const { x, residuals } = await cgls(random([3, 2], "a"), new Float64Array(3), { iterations: 5 });
  assertEquals(x, new Float64Array(2));
  assertEquals(residuals, [0]);
});

Deno.test("transposed products are those of the definition, for sides beside the block's", () => {
  for (const n of [1, 3, 67]) {
    const a = normals64(fold(KEY, "a"), n * n), b = normals64(fold(KEY, "b"), n * n);
    const upper = b.map((v, k) => k % n < Math.floor(k / n) ? 0 : v);
    for (const [factor, options] of [[b, {}], [upper, { upper: true }]] as const) {
      const wanted = new Float64Array(n * n).map((_, at) => {
        const i = Math.floor(at / n), j = at % n;
        return Array.from({ length: n }, (_, k) => a[i * n + k] * factor[j * n + k]).reduce(
          (s, v) => s + v,
          0,
        );
      });
      const found = multiplyTransposed(a, factor, options);
      assertLess(norm(found.map((v, i) => v - wanted[i])), 1e-11);
    }
    assertEquals(transpose(transpose(a)), a);
    assertEquals(transpose(a)[n - 1], a[(n - 1) * n]);
  }
});
Deno.test("iterations after convergence do no harm in f32", async () => {
  const copy = (v: Float32Array | Float64Array) => Promise.resolve(v.slice());
  const plain = {
    domain: vector(2),
    range: data(2),
    forward: copy,
    adjoint: copy,
  };
  const { x } = await cgls(plain, Float32Array.of(0.3, -1.7), { iterations: 50, damping: 0.7 });
  assertLess(Math.hypot(x[0] - 0.3 / 1.49, x[1] + 1.7 / 1.49), 1e-6);
});
