import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { encodeData, encodings } from "../../../core/inference/encodings.ts";
import { rootKey } from "../../../core/random.ts";

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * b[i], 0);

/** Largest departure of the Gram matrix from the identity. */
function departure(rows: Float64Array[]): number {
  return Math.max(...rows.flatMap((a, i) => rows.map((b, j) => Math.abs(dot(a, b) - (i === j ? 1 : 0)))));
}

Deno.test("orthogonal and shot encodings keep the misfit of all sources exactly; Gaussian ones do not", () => {
  const n = 16, key = rootKey(4);
  assertLess(departure(encodings("orthogonal", { n, key })), 1e-14);
  assertEquals(departure(encodings("shots", { n, key })), 0);
  assertGreater(departure(encodings("gaussian", { n, key })), 0.2);
});

Deno.test("Gaussian encodings have weights of variance 1/n", () => {
  const n = 40, rows = encodings("gaussian", { n, key: rootKey(9) });
  const variance = rows.reduce((sum, row) => sum + dot(row, row), 0) / n;
  assertLess(Math.abs(variance - 1), 4 * Math.sqrt(2) / n);
});

Deno.test("encoded data is the weighted sum of the shots", () => {
  const encoded = encodeData(Float64Array.of(2, 0, -1), Float32Array.of(1, 2, 10, 20, 3, 5));
  assertEquals(encoded, Float32Array.of(-1, -1));
});

Deno.test("every shot appears once in a pass of single shots", () => {
  const rows = encodings("shots", { n: 7, key: rootKey(2) });
  const used = rows.map((row) => row.indexOf(1)).sort();
  assertEquals(used, [0, 1, 2, 3, 4, 5, 6]);
  assert(rows.every((row) => dot(row, row) === 1));
});
