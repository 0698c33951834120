import { assertLess } from "@std/assert";
import { openEngine, tensorCount } from "../../../core/engine/mod.ts";
import {
  multiplySymmetricTiled,
  multiplyTransposed,
  multiplyVector,
  norm,
  tiled,
} from "../../../core/linalg/mod.ts";
import { fold, normals, normals64, rootKey } from "../../../core/base/random.ts";

await openEngine("wasm");

Deno.test("products with a symmetric matrix of tiles are those in f64, and leave no tensor", async () => {
  const n = 300, key = rootKey(3), a = normals64(fold(key, "a"), n * n), before = tensorCount();
  const matrix = multiplyTransposed(a, a), x = normals(fold(key, "x"), 2 * n);
  const found = await multiplySymmetricTiled(tiled(n, (i, j) => matrix[i * n + j]), x);
  for (let k = 0; k < 2; k++) {
    const wanted = multiplyVector(matrix, Float64Array.from(x.subarray(k * n, (k + 1) * n)));
    assertLess(norm(wanted.map((v, i) => v - found[k * n + i])) / norm(wanted), 1e-6);
  }
  assertLess(tensorCount().tensors, before.tensors + 1);
});
