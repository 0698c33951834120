import { assertAlmostEquals, assertEquals } from "@std/assert";
import { linearEstimator } from "../../../core/inference/linear_estimator.ts";
import { fold, normals, rootKey } from "../../../core/base/random.ts";
import { data, image, vector } from "../../spaces.ts";

const key = rootKey(61);

Deno.test("the estimate of a linear-Gaussian problem is near the posterior mean", () => {
  // x ~ N(1, 1), y = 2 x + e, e ~ N(0, 1): mean (1 + 2 y) / 5; the second unknown is independent of y.
  const n = 2000, x = normals(fold(key, "x"), 2 * n).map((v) => v + 1), noise = normals(fold(key, "e"), n);
  const signal = Float32Array.from({ length: n }, (_, k) => 2 * x[2 * k]);
  const estimate = linearEstimator({ n, x, signal, noise }, {
    x: vector(2),
    y: data(1),
  });
  for (const y of [-1, 2, 6]) {
    const [first, second] = estimate(Float32Array.of(y));
    assertAlmostEquals(first, (1 + 2 * y) / 5, 0.06);
    assertAlmostEquals(second, 1, 0.2);
  }
});

Deno.test("images are scaled row by row, and muted rows are 0", () => {
  const x = Float32Array.of(0, 0, 2, 4, 0, 0, 6, 2), signal = Float32Array.of(5, 1, 1, 2, 3, 3, 3, 1);
  const space = image([2, 2]);
  const estimate = linearEstimator({ n: 2, x, signal, noise: new Float32Array(8) }, { x: space, y: space });
  assertEquals([...estimate(Float32Array.of(1, 1, 1, -1))], [0, 0, 2, -2]);
});
