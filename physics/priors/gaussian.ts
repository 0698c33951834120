import { z } from "zod";
import { plugin } from "../../core/contracts/plugin.ts";
import type { Prior } from "../../core/contracts/problem.ts";
import type { Space } from "../../core/contracts/vector.ts";
import {
  cholesky,
  dot,
  logDeterminant,
  lowerSolve,
  multiplyVector,
  sizeOf,
  upperSolve,
} from "../../core/linalg/mod.ts";
import { fold, normals64 } from "../../core/random.ts";
import { about } from "../../core/units.ts";
import { perComponent } from "./per_component.ts";

/** Unknowns up to which a dense covariance is made: 128 MiB, and seconds for its factor. */
const MAX_SIZE = 4096;

const variance = () => about(z.number().positive(), "of each component").default(1);
const length = () => about(z.number().positive(), "correlation length [cells]").default(1);

const covarianceSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("isotropic"), variance: variance() }),
  z.strictObject({
    kind: z.literal("diagonal"),
    variances: about(z.array(z.number().positive()).min(1), "one per component"),
  }),
  z.strictObject({ kind: z.literal("exponential"), variance: variance(), length: length() }),
  z.strictObject({ kind: z.literal("squared-exponential"), variance: variance(), length: length() }),
]);

type CovarianceModel = z.output<typeof covarianceSchema>;

const schema = z.strictObject({
  mean: about(z.union([z.number(), z.array(z.number()).min(1)]), "of every component, or one number each")
    .default(0),
  covariance: covarianceSchema.prefault({ kind: "isotropic" }),
});

/** A Gaussian vector or image. */
export const gaussianPrior = plugin({
  slot: "prior",
  kind: "gaussian",
  about: "normal vector or image; with a linear operator its posterior is exact",
  schema,
  density: true,
  build: ({ mean, covariance }, { domain, mask }) => {
    if (mask.some((m) => m === 0)) {
      throw new Error(
        "A Gaussian prior needs every cell free, but the operator mutes some: set operator.mute.rows to 0",
      );
    }
    const m = perComponent(mean, { domain, option: "mean" });
    return gaussian({ domain, mean: m, covariance: covarianceOf(covariance, domain) });
  },
});

/** `N(mean, C)`, `C = L L^T` flat [n, n]. */
export function gaussian(
  { domain, mean, covariance }: { domain: Space; mean: Float64Array; covariance: Float64Array },
): Prior {
  const n = mean.length, l = cholesky(covariance);
  const logNormalizer = -0.5 * (logDeterminant(l) + n * Math.log(2 * Math.PI));
  return {
    space: domain,
    gaussian: { mean, covariance },
    sample(key, count) {
      const out = new Float32Array(count * n);
      for (let k = 0; k < count; k++) {
        const e = multiplyVector(l, normals64(fold(key, k), n));
        out.set(e.map((v, i) => mean[i] + v), k * n);
      }
      return Promise.resolve(out);
    },
    logDensity(x) {
      const u = lowerSolve(l, mean.map((m, i) => x[i] - m));
      return logNormalizer - 0.5 * dot(u, u);
    },
    score: (x) => upperSolve(l, lowerSolve(l, mean.map((m, i) => m - x[i]))),
  };
}

/** Share of the variance that is white: smooth covariances are singular to rounding without it. */
const NUGGET = 1e-8;

/** `C_ij = variance rho(|r_i - r_j| / length)`, r the components' places in the array, in cells. */
function covarianceOf(model: CovarianceModel, domain: Space): Float64Array {
  const n = sizeOf(domain);
  if (n > MAX_SIZE) {
    throw new Error(`A Gaussian prior has at most ${MAX_SIZE} unknowns: the operator has ${n}`);
  }
  const c = new Float64Array(n * n);
  if (model.kind === "isotropic" || model.kind === "diagonal") {
    const variances = model.kind === "diagonal" ? model.variances : model.variance;
    perComponent(variances, { domain, option: "covariance.variances" }).forEach((v, i) => c[i * n + i] = v);
    return c;
  }
  const places = Array.from({ length: n }, (_, i) => placeOf(i, domain.shape));
  const rho = model.kind === "exponential"
    ? (h: number) => Math.exp(-h)
    : (h: number) => Math.exp(-0.5 * h * h);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const distance = Math.hypot(...places[i].map((p, axis) => p - places[j][axis]));
      c[i * n + j] = model.variance * (i === j ? 1 + NUGGET : rho(distance / model.length));
    }
  }
  return c;
}

/** Indices of the flat index `i` along each axis. */
function placeOf(i: number, shape: readonly number[]): number[] {
  const place: number[] = [];
  for (const size of shape.toReversed()) {
    place.unshift(i % size);
    i = Math.floor(i / size);
  }
  return place;
}
