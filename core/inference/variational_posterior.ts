import type { LatentCorrection } from "../contracts/correction.ts";
import type { Survey } from "../contracts/operator.ts";
import type { Bounds, Likelihood, NoiseModel, Prior } from "../contracts/problem.ts";
import { dispose, read, scope, tensor } from "../engine/mod.ts";
import {
  multiplyTiled,
  multiplyTransposedTiled,
  multiplyVector,
  type Tiled,
  transpose,
} from "../linalg/mod.ts";
import { fold } from "../base/random.ts";
import { descend } from "./correct.ts";
import type { CorrectionOptions } from "./correction_task.ts";
import { freeCells, freeValues } from "./covariance.ts";
import { latents, rowwiseLogNormal } from "./draw.ts";
import { overAllCells } from "./gaussian_posterior.ts";
import { latentObjective } from "./latent_objective.ts";
import type { LatentTarget } from "./latent_target.ts";
import { encodedLikelihoods } from "./likelihood.ts";
import { intoBox, logStretch } from "./probit.ts";

/** Coordinates r, without bounds, in which a prior is standard normal, or nearly. */
export interface NormalCoordinates {
  /** Number of r's components. */
  readonly size: number;
  /** The unknowns of r, flat [n, size of x]. */
  unknowns(r: Float32Array, n: number): Promise<Float32Array>;
  /** `(dx/dr)^T g` at r for gradients g in x, flat [n, size]. */
  pull(g: Float32Array, at: { r: Float32Array; n: number }): Promise<Float32Array>;
  /** The prior's density of x where that is not exactly N(r; 0, I); the map is affine then. */
  readonly density?: Required<Pick<Prior, "logDensity" | "score">>;
}

/** Images of covariance `L L^T` over their free cells: `x = L r`. */
export function imageCoordinates(factor: Tiled, mask: Float32Array): NormalCoordinates {
  const layout = { cells: freeCells(mask), size: mask.length };
  return {
    size: factor.n,
    unknowns: async (r) => overAllCells(mask, await multiplyTiled(factor, r)),
    pull: (g) => multiplyTransposedTiled(factor, freeValues(g, layout)),
  };
}

/** Vectors `x = mean + L r`, L [size, size]. */
export function affineCoordinates(
  { mean, factor, density }: Pick<NormalCoordinates, "density"> & {
    mean: Float64Array;
    factor: Float64Array;
  },
): NormalCoordinates {
  const size = mean.length, transposed = transpose(factor);
  const rows = (matrix: Float64Array, v: Float32Array, plus?: Float64Array) => {
    const out = new Float32Array(v.length);
    for (let at = 0; at < v.length; at += size) {
      const row = multiplyVector(matrix, Float64Array.from(v.subarray(at, at + size)));
      out.set(plus ? row.map((value, i) => value + plus[i]) : row, at);
    }
    return Promise.resolve(out);
  };
  return { size, unknowns: (r) => rows(factor, r, mean), pull: (g) => rows(transposed, g), density };
}

/** What is uniform in a box: `x = lower + (upper - lower) Phi(r)`. */
export function boxCoordinates(bounds: Bounds): NormalCoordinates {
  const size = bounds.lower.length;
  return {
    size,
    unknowns: (r) => Promise.resolve(r.map((v, k) => intoBox(bounds, k % size, v))),
    pull: (g, { r }) => Promise.resolve(g.map((v, k) => v * Math.exp(logStretch(bounds, k % size, r[k])))),
  };
}

/** The posterior of r, `log p(d | x) + log p(r)`. */
function targetOf(likelihood: Likelihood, coordinates: NormalCoordinates): LatentTarget {
  const { size, density } = coordinates;
  return async (r, n) => {
    const x = await coordinates.unknowns(r, n),
      { values: misfits, gradients } = await likelihood.misfit(x, n);
    const row = (i: number) => x.subarray(i * x.length / n, (i + 1) * x.length / n);
    const scores = density && Array.from({ length: n }, (_, i) => [...density.score(row(i))]).flat();
    const dx = scores ? gradients.map((g, k) => g - scores[k]) : gradients;
    const pulled = await coordinates.pull(dx, { r, n });
    const prior = density ? misfits.map((_, i) => density.logDensity(row(i))) : rowwiseLogNormal(r, size);
    return {
      values: prior.map((value, i) => value - misfits[i]),
      gradient: pulled.map((g, k) => density ? -g : -g - r[k]),
      x,
      misfits,
    };
  };
}

/**
 * Variational inference of one observation by itself, without a flow: a map T of standard normal coordinates, the
 * identity and so the prior at its start, is fitted to the posterior by the reverse KL divergence (Kucukelbir et al.
 * 2017, "Automatic differentiation variational inference"). Costs what a correction with these options costs.
 * Gives samples, flat [samples, size of x].
 */
export async function variationalPosterior(
  { survey, noise, data }: { survey: Survey; noise: NoiseModel; data: Float32Array },
  coordinates: NormalCoordinates,
  { samples: n, ...options }: CorrectionOptions<LatentCorrection> & { samples: number },
): Promise<Float32Array> {
  const { size } = coordinates, { correction, settings: { encoding }, key } = options;
  const likelihoods = encodedLikelihoods({ survey, noise }, { data, encoding, key: fold(key, "encodings") });
  const targetAt = (step: number) => targetOf(likelihoods.at(step), coordinates);
  const objective = latentObjective({ shape: [size], targetAt }, options);
  const params = await descend(survey, options, { objective });
  const z = latents(fold(key, "draw"), { from: 0, n, size });
  const moved = scope(() => correction.apply(params, tensor(z, [n, size])).z);
  const r = await read(moved);
  dispose({ moved, ...params });
  return await coordinates.unknowns(r, n);
}
