import { z } from "zod";
import type { OperatorShapes, Remark } from "../../core/contracts/plugin.ts";
import { plugin } from "../../core/registry/plugin.ts";
import type { Prior } from "../../core/contracts/problem.ts";
import type { Space } from "../../core/contracts/vector.ts";
import {
  cholesky,
  dot,
  logDeterminant,
  lowerSolve,
  multiplyVector,
  upperSolve,
} from "../../core/linalg/mod.ts";
import { sizeOf } from "../../core/base/shape.ts";
import { fold, normals64 } from "../../core/base/random.ts";
import { about } from "../../core/base/units.ts";
import { checkFree, lengthRemarks, mutedRemarks, perComponent } from "./per_component.ts";

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
  z.strictObject({
    kind: z.literal("smooth-filter"),
    offset: about(
      z.number().positive(),
      "variance of the first component, an offset; the others are the filter",
    )
      .default(2),
  }),
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
  preflight({ mean, covariance }, { operator }) {
    const variances = covariance.kind === "diagonal" ? covariance.variances : 1;
    return [
      ...mutedRemarks("gaussian", operator),
      ...sizeRemarks(operator),
      ...lengthRemarks([[["mean"], mean], [["covariance", "variances"], variances]], operator),
    ];
  },
  build: ({ mean, covariance }, { domain, mask }) => {
    checkFree("gaussian", mask);
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

function sizeFault(n: number): string {
  return `is gaussian, whose covariance takes at most ${MAX_SIZE} unknowns: the operator has ${n}`;
}

function sizeRemarks(operator?: OperatorShapes): Remark[] {
  const n = operator ? sizeOf(operator.domain) : 0;
  return n > MAX_SIZE ? [{ path: ["kind"], message: sizeFault(n) }] : [];
}

/** Mostly `C_ij = variance rho(|r_i - r_j| / length)`, r the components' places in the array, in cells. */
function covarianceOf(model: CovarianceModel, domain: Space): Float64Array {
  const n = sizeOf(domain);
  if (n > MAX_SIZE) throw new Error(`prior.kind ${sizeFault(n)}`);
  const c = new Float64Array(n * n);
  if (model.kind === "isotropic" || model.kind === "diagonal") {
    const variances = model.kind === "diagonal" ? model.variances : model.variance;
    perComponent(variances, { domain, option: "covariance.variances" }).forEach((v, i) => c[i * n + i] = v);
    return c;
  }
  if (model.kind === "smooth-filter") return smoothFilter(n, model.offset);
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

/**
 * An independent offset before a filter that is smooth, flat [n, n]: the filter's covariance is `(F^T F)^-1`, F the
 * second differences with `sqrt((i - 1) / m)` added to diagonal element i of m, so that it is smooth and fades
 * (Lueckmann et al. 2021, task T.5; Goncalves et al. 2020).
 */
function smoothFilter(n: number, offset: number): Float64Array {
  const m = n - 1, f = new Float64Array(n * n), c = new Float64Array(n * n);
  f[0] = 1 / Math.sqrt(offset);
  for (let i = 1; i < n; i++) {
    f[i * n + i] = 1 + Math.sqrt((i - 1) / m);
    if (i > 1) f[i * n + i - 1] = -2;
    if (i > 2) f[i * n + i - 2] = 1;
  }
  for (let i = 0; i < n; i++) c.set(lowerSolve(f, upperSolve(f, unit(n, i))), i * n);
  return c;
}

function unit(n: number, i: number): Float64Array {
  return new Float64Array(n).fill(1, i, i + 1);
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
