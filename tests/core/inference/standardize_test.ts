import { assert, assertAlmostEquals, assertLess } from "@std/assert";
import { intoBox, normalCdf, outOfBox } from "../../../core/inference/probit.ts";
import {
  fitStandardization,
  fromFlow,
  gradientToFlow,
  logVolume,
  toFlow,
} from "../../../core/inference/standardize.ts";
import { fold, normals, rootKey } from "../../../core/base/random.ts";
import { uniformPrior } from "../../../physics/priors/uniform.ts";
import { vector } from "../../spaces.ts";

const key = rootKey(73), space = vector(2), n = 5000;
const bounds = { lower: Float64Array.of(-1, 10), upper: Float64Array.of(1, 40) };
const prior = uniformPrior(space, bounds);
const x = await prior.sample(key, n);
const s = fitStandardization({ x, y: x }, { x: space, y: space, mask: Float32Array.of(1, 1), bounds });

Deno.test("the normal distribution function has its tabulated values, and the box map is its inverse", () => {
  assertAlmostEquals(normalCdf(-1.959963984540054), 0.025, 1e-15);
  assertAlmostEquals(normalCdf(1), 0.8413447460685429, 1e-15);
  assertLess(Math.abs(normalCdf(-5) / 2.866515718791939e-7 - 1), 1e-9);
  for (const r of [-4.9, -2, 0, 0.3, 4.9]) {
    assertAlmostEquals(outOfBox(bounds, 1, intoBox(bounds, 1, r)), r, 1e-6);
  }
});

Deno.test("what is uniform in a box is normal to the flow, and comes back as it was", () => {
  const u = toFlow(s, x, x), square = u.reduce((sum, v) => sum + v * v, 0) / u.length;
  assertAlmostEquals(square, 1, 0.05);
  assertAlmostEquals(u.reduce((sum, v) => sum + v ** 4, 0) / u.length, 3, 0.3);
  fromFlow(s, u, x).forEach((v, k) => assertAlmostEquals(v, x[k], 1e-4));
});

Deno.test("no flow coordinate lies outside of the box, and a bound itself has a finite one", () => {
  const far = fromFlow(s, Float32Array.of(-40, 40, 12, -12), x);
  assert(far.every((v, k) => v >= bounds.lower[k % 2] && v <= bounds.upper[k % 2]));
  assert(toFlow(s, Float32Array.of(-1, 40), x).every(Number.isFinite));
});

Deno.test("volume and gradients of the box map are those of finite differences", () => {
  const u = normals(fold(key, "u"), 2), h = 1e-2, g = Float32Array.of(0.7, -1.3);
  const { values: [value], gradients } = logVolume(s, u, x), pulled = gradientToFlow(s, g, { u, y: x });
  let volume = 0;
  for (let i = 0; i < 2; i++) {
    const [up, down] = [h, -h].map((step) => u.map((v, j) => j === i ? v + step : v));
    const slope = (fromFlow(s, up, x)[i] - fromFlow(s, down, x)[i]) / (2 * h);
    assertAlmostEquals(pulled[i] / (g[i] * slope), 1, 1e-3);
    volume += Math.log(slope);
    const numeric = (logVolume(s, up, x).values[0] - logVolume(s, down, x).values[0]) / (2 * h);
    assertAlmostEquals(gradients[i], numeric, 1e-3);
  }
  assertAlmostEquals(value, volume, 1e-3);
});
