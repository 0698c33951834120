import { assert, assertEquals, assertGreater, assertLess, assertNotEquals } from "@std/assert";
import type { Encoding } from "../../../core/contracts/spec.ts";
import { encodeData, encodings } from "../../../core/inference/encodings.ts";
import { rootKey } from "../../../core/base/random.ts";

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * b[i], 0);

/** Largest departure of the Gram matrix from the identity. */
function departure(rows: Float64Array[]): number {
  return Math.max(...rows.flatMap((a, i) => rows.map((b, j) => Math.abs(dot(a, b) - (i === j ? 1 : 0)))));
}

/** The encodings of one pass. */
const passOf = (kind: Encoding, n: number, { key = rootKey(4), pass = 0 } = {}) =>
  Array.from({ length: n }, (_, i) => encodings(kind, { n, key }).at(pass * n + i));

Deno.test("orthogonal and shot encodings keep the misfit of all sources exactly; Gaussian ones do not", () => {
  assertLess(departure(passOf("orthogonal", 16)), 1e-14);
  assertEquals(departure(passOf("shots", 16)), 0);
  assertGreater(departure(passOf("gaussian-fixed", 16)), 0.2);
});

for (const kind of ["orthogonal", "shots", "gaussian-fixed"] as const) {
  Deno.test(`${kind}: every pass meets the same encodings, in another order`, () => {
    const texts = [0, 1].map((pass) => passOf(kind, 9, { pass }).map(String));
    assertEquals(texts[0].toSorted(), texts[1].toSorted());
    assertNotEquals(texts[0], texts[1]);
  });
}

Deno.test("held out sources are met by no step, and the others in every pass", () => {
  const n = 9, { at, heldOut } = encodings("orthogonal", { n, holdout: 0.25, key: rootKey(4) });
  assertEquals(heldOut.length, 2);
  const met = Array.from({ length: 2 * (n - 2) }, (_, step) => at(step));
  assertEquals(new Set(met.slice(0, n - 2).map(String)).size, n - 2);
  assertLess(departure([...met.slice(0, n - 2), ...heldOut]), 1e-14);
  assertEquals(encodings("shots", { n: 1, holdout: 0.5, key: rootKey(4) }).heldOut, []);
});

Deno.test("fresh Gaussian encodings never repeat, and their mean Gram matrix is the identity", () => {
  const n = 3, steps = 4000, draw = encodings("gaussian-fresh", { n, key: rootKey(6) }).at;
  const rows = Array.from({ length: steps }, (_, step) => draw(step));
  assertEquals(new Set(rows.map(String)).size, steps);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const moment = n * rows.reduce((sum, row) => sum + row[i] * row[j], 0) / steps;
      assertLess(Math.abs(moment - (i === j ? 1 : 0)), 4.5 * Math.sqrt((i === j ? 2 : 1) / steps));
    }
  }
});

Deno.test("Gaussian encodings have weights of variance 1/n", () => {
  const n = 40, rows = passOf("gaussian-fixed", n, { key: rootKey(9) });
  const variance = rows.reduce((sum, row) => sum + dot(row, row), 0) / n;
  assertLess(Math.abs(variance - 1), 4 * Math.sqrt(2) / n);
});

Deno.test("encoded data is the weighted sum of the shots", () => {
  const encoded = encodeData(Float64Array.of(2, 0, -1), Float32Array.of(1, 2, 10, 20, 3, 5));
  assertEquals(encoded, Float32Array.of(-1, -1));
});

Deno.test("every shot appears once in a pass of single shots", () => {
  const rows = passOf("shots", 7), used = rows.map((row) => row.indexOf(1)).sort();
  assertEquals(used, [0, 1, 2, 3, 4, 5, 6]);
  assert(rows.every((row) => dot(row, row) === 1));
});
