import { z } from "zod";
import { plugin } from "../../core/registry/plugin.ts";
import type { Simulator } from "../../core/contracts/problem.ts";
import { fold, normals64, uniforms } from "../../core/base/random.ts";
import { simulatorShapes, simulatorSurvey } from "./simulator.ts";

/** Radius of the moon, its standard deviation, and the moon's centre along the first axis. */
const RADIUS = 0.1, WIDTH = 0.01, CENTRE = 0.25;

/** The two moons of the benchmark. */
export const twoMoons = plugin({
  slot: "operator",
  kind: "two-moons",
  about: "benchmark simulator: 2 unknowns, 2 data, a posterior of two thin crescents",
  simulates: true,
  shapes: () => simulatorShapes({ size: 2, data: 2 }),
  schema: z.strictObject({}),
  build: () => simulatorSurvey(simulator, { kind: "two-moons", size: 2, data: 2 }),
});

/**
 * `d = p + (-|x1 + x2|, -x1 + x2) / sqrt 2`, `p = (r cos a + 0.25, r sin a)`, `r ~ N(0.1, 0.01^2)`,
 * `a ~ U(-pi/2, pi/2)` (Greenberg, Nonnenmacher, Macke 2019, "Automatic posterior transformation"). In the plane of p
 * the density is `N(|p - c|; 0.1, 0.01^2) / (pi |p - c|)` on the right of its centre c and 0 on the left.
 */
const simulator: Simulator = {
  sample(key, x) {
    const angle = Math.PI * (uniforms(fold(key, "angle"), 1)[0] - 0.5);
    const r = RADIUS + WIDTH * normals64(fold(key, "radius"), 1)[0], [a, b] = shift(x);
    return Float32Array.of(r * Math.cos(angle) + CENTRE - a, r * Math.sin(angle) - b);
  },
  logLikelihood(x, d) {
    const [a, b] = shift(x), u = d[0] + a - CENTRE, v = d[1] + b, r = Math.hypot(u, v);
    if (u < 0) return { value: -Infinity, gradient: new Float64Array(2) };
    const e = (r - RADIUS) / WIDTH;
    const value = -e * e / 2 - Math.log(WIDTH * Math.sqrt(2 * Math.PI) * Math.PI * r);
    const byRadius = (-e / WIDTH - 1 / r) / r, du = byRadius * u * Math.sign(x[0] + x[1]), dv = byRadius * v;
    return { value, gradient: Float64Array.of((du + dv) / Math.SQRT2, (du - dv) / Math.SQRT2) };
  },
};

/** `(|x1 + x2|, x1 - x2) / sqrt 2`. */
function shift(x: ArrayLike<number>): [number, number] {
  return [Math.abs(x[0] + x[1]) / Math.SQRT2, (x[0] - x[1]) / Math.SQRT2];
}
