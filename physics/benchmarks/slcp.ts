import { z } from "zod";
import { plugin } from "../../core/registry/plugin.ts";
import type { Simulator } from "../../core/contracts/problem.ts";
import { normals64 } from "../../core/base/random.ts";
import { simulatorShapes, simulatorSurvey } from "./simulator.ts";

const UNKNOWNS = 5, POINTS = 4;
/** Added to both variances, so that the covariance has an inverse everywhere. */
const FLOOR = 1e-6;

/** Simple likelihood, complex posterior. */
export const slcp = plugin({
  slot: "operator",
  kind: "slcp",
  about: "benchmark simulator: 4 points of a normal in the plane tell of its mean and covariance, 5 unknowns",
  simulates: true,
  shapes: () => simulatorShapes({ size: UNKNOWNS, data: 2 * POINTS }),
  schema: z.strictObject({}),
  build: () => simulatorSurvey(simulator, { kind: "slcp", size: UNKNOWNS, data: 2 * POINTS }),
});

/** The covariance `[[a, b], [b, c]]` that the last three unknowns mean: `s1 = x3^2, s2 = x4^2, rho = tanh x5`. */
function covariance(x: ArrayLike<number>) {
  const s1 = x[2] ** 2, s2 = x[3] ** 2, rho = Math.tanh(x[4]);
  const a = s1 * s1 + FLOOR, b = rho * s1 * s2, c = s2 * s2 + FLOOR;
  // a c - b^2 without the cancellation of rho near 1.
  const det = (s1 * s2) ** 2 / Math.cosh(x[4]) ** 2 + FLOOR * (s1 * s1 + s2 * s2 + FLOOR);
  return { s1, s2, rho, a, b, c, det };
}

/** Four draws in a row of `N((x1, x2), S)` (Papamakarios, Sterratt, Murray 2019, "Sequential neural likelihood"). */
const simulator: Simulator = {
  sample(key, x) {
    const { a, b, det } = covariance(x), e = normals64(key, 2 * POINTS), l = Math.sqrt(a);
    return Float32Array.from(
      e,
      (v, k) => k % 2 === 0 ? x[0] + l * v : x[1] + (b * e[k - 1] + Math.sqrt(det) * v) / l,
    );
  },
  logLikelihood(x, d) {
    const { s1, s2, rho, a, b, c, det } = covariance(x);
    let e1 = 0, e2 = 0, e11 = 0, e12 = 0, e22 = 0;
    for (let k = 0; k < 2 * POINTS; k += 2) {
      const u = d[k] - x[0], v = d[k + 1] - x[1];
      e1 += u;
      e2 += v;
      e11 += u * u;
      e12 += u * v;
      e22 += v * v;
    }
    const square = (c * e11 - 2 * b * e12 + a * e22) / det;
    const value = -square / 2 - POINTS / 2 * Math.log(det) - POINTS * Math.log(2 * Math.PI);
    const byDet = (square - POINTS) / (2 * det);
    const byA = byDet * c - e22 / (2 * det),
      byB = -2 * byDet * b + e12 / det,
      byC = byDet * a - e11 / (2 * det);
    return {
      value,
      gradient: Float64Array.of(
        (c * e1 - b * e2) / det,
        (a * e2 - b * e1) / det,
        2 * x[2] * (2 * s1 * byA + rho * s2 * byB),
        2 * x[3] * (2 * s2 * byC + rho * s1 * byB),
        (1 - rho * rho) * s1 * s2 * byB,
      ),
    };
  },
};
