import { z } from "zod";
import { plugin } from "../../core/contracts/plugin.ts";
import type { Prior } from "../../core/contracts/problem.ts";
import type { Space } from "../../core/contracts/vector.ts";
import { cholesky, logDeterminant, lowerProduct, lowerSolve } from "../../core/linalg/mod.ts";
import { fold, normals64 } from "../../core/random.ts";
import { about } from "../../core/units.ts";

const variance = () => about(z.number().positive(), "of each component").default(1);
const length = () => about(z.number().positive(), "correlation length in components").default(1);

const covariance = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("isotropic"), variance: variance() }),
  z.strictObject({ kind: z.literal("exponential"), variance: variance(), length: length() }),
  z.strictObject({ kind: z.literal("squared-exponential"), variance: variance(), length: length() }),
]);

const schema = z.strictObject({
  mean: about(z.number(), "of every component").default(0),
  covariance: covariance.prefault({ kind: "isotropic" }),
});

/** A Gaussian vector. */
export const gaussianPrior = plugin({
  slot: "prior",
  kind: "gaussian",
  about: "normal vector with a stationary covariance; with a linear operator its posterior is exact",
  schema,
  build: ({ mean, covariance }, { domain }) => gaussian({ domain, mean, covariance }),
});

/** `N(mean, C)` with `C_ij = variance rho(|i - j|)`. */
export function gaussian(
  { domain, mean, covariance: model }: { domain: Space; mean: number; covariance: z.output<typeof covariance> },
): Prior {
  const n = domain.shape.reduce((a, b) => a * b, 1);
  const c = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) c[i * n + j] = model.variance * correlation(model, i - j);
  for (let i = 0; i < n; i++) c[i * n + i] *= 1 + 1e-10; // smooth covariances are singular to rounding
  const l = cholesky(c, n), m = new Float64Array(n).fill(mean);
  return {
    space: domain,
    gaussian: { mean: m, covariance: c },
    sample(key, count) {
      const out = new Float32Array(count * n);
      for (let k = 0; k < count; k++) {
        out.set(lowerProduct(l, normals64(fold(key, k), n)).map((v) => v + mean), k * n);
      }
      return Promise.resolve(out);
    },
    logDensity(x) {
      const u = lowerSolve(l, Float64Array.from(x, (v: number) => v - mean));
      const square = u.reduce((sum, v) => sum + v * v, 0);
      return -0.5 * (square + logDeterminant(l, n) + n * Math.log(2 * Math.PI));
    },
  };
}

function correlation(model: z.output<typeof covariance>, lag: number): number {
  if (model.kind === "isotropic") return lag === 0 ? 1 : 0;
  const h = Math.abs(lag) / model.length;
  return model.kind === "exponential" ? Math.exp(-h) : Math.exp(-0.5 * h * h);
}
