import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { multiplyTransposed, multiplyVector, norm, symmetricEigen } from "../../../core/linalg/mod.ts";
import { normals64, rootKey } from "../../../core/base/random.ts";

Deno.test("eigenvalues of a known matrix are the known ones, the largest first", () => {
  const { values, vectors } = symmetricEigen(Float64Array.of(2, 1, 0, 1, 2, 0, 0, 0, 5));
  [5, 3, 1].forEach((v, i) => assertAlmostEquals(values[i], v, 1e-13));
  assertAlmostEquals(Math.abs(vectors[3]), Math.SQRT1_2, 1e-13);
  assertEquals(symmetricEigen(Float64Array.of(7)).values, Float64Array.of(7));
});

Deno.test("eigenvectors are orthonormal, and the matrix stretches each by its value", () => {
  const n = 40, b = normals64(rootKey(3), n * n), a = multiplyTransposed(b, b);
  const { values, vectors } = symmetricEigen(a), gram = multiplyTransposed(vectors, vectors);
  gram.forEach((v, k) => assertAlmostEquals(v, Math.floor(k / n) === k % n ? 1 : 0, 1e-12));
  for (let k = 0; k < n; k++) {
    const v = vectors.slice(k * n, (k + 1) * n),
      left = multiplyVector(a, v).map((x, i) => x - values[k] * v[i]);
    assertLess(norm(left), 1e-11 * values[0]);
    if (k > 0) assertLess(values[k], values[k - 1] + 1e-12);
  }
});
