import type { AssembledSurvey, Survey } from "../contracts/operator.ts";
import type { NoiseModel } from "../contracts/problem.ts";
import type { Vector } from "../contracts/vector.ts";
import {
  congruence,
  multiplyTiled,
  multiplyTransposedTiled,
  posteriorFactor,
  type Tiled,
  varianceTiled,
} from "../linalg/mod.ts";
import { type Key, normals } from "../random.ts";
import { freeCells, type LearnedCovariance } from "./covariance.ts";
import { assembledHessian, noiseGram, type Watch } from "./information.ts";

/** The linear Gaussian posterior of a problem: its covariance is that of every observation, its mean is not. */
export interface LinearGaussianPosterior {
  /** Pointwise standard deviation over all cells, muted ones 0. */
  readonly std: Float32Array;
  /** Posterior means of `count` observations in a row, over all cells, muted ones 0. */
  mean(data: Vector, count?: number): Promise<Float32Array>;
  /** `n` samples and their exact mean and standard deviation, over all cells, muted ones 0. */
  draw(data: Float32Array, options: { key: Key; n: number }): Promise<{
    mean: Float32Array;
    std: Float32Array;
    samples: Float32Array;
  }>;
}

/** F with `F F^T` the posterior's covariance over the free cells, and the standard deviation over all. */
interface Spread {
  readonly factor: Tiled;
  readonly std: Float32Array;
}

/** What data say of the unknown through noise of one spectrum, at any level. */
interface Information {
  /** Of the noise that it was computed for. */
  readonly gram: Float64Array;
  /** `L^T J^T W W J L`, for the prior's covariance `L L^T`. */
  readonly matrix: Tiled;
  readonly spreads: Map<number, Spread>;
}

/**
 * Exact posteriors for data `J x + e` under a zero-mean Gaussian prior and any Gaussian noise e, by explicit
 * matrices of a survey that can assemble itself. What does not depend on the noise's level is computed once per
 * spectrum, and each posterior once.
 */
export function linearGaussianPosteriors(
  survey: Survey,
  prior: LearnedCovariance,
  watch: Watch = {},
): (noise: NoiseModel) => Promise<LinearGaussianPosterior> {
  const known: Information[] = [];
  let traces: Pick<AssembledSurvey, "range" | "interpolation"> | undefined;
  const assemble = async () => {
    const assembled = await survey.assemble!();
    survey.solves.add(assembled.solves);
    traces = { range: assembled.range, interpolation: assembled.interpolation };
    return assembled;
  };
  const posteriorOf = async (noise: NoiseModel) => {
    let assembled = traces ? undefined : await assemble();
    const gram = noiseGram(traces!, noise);
    let information = known.find((i) => scaleTo(gram, i.gram) !== undefined);
    if (!information) {
      assembled ??= await assemble();
      const settings = { gram, sources: survey.sources, cells: prior.factor.n, watch };
      const matrix = await congruence(await assembledHessian(assembled, settings), prior.factor);
      known.push(information = { gram, matrix, spreads: new Map() });
    }
    const scale = scaleTo(gram, information.gram)!;
    const spread = information.spreads.get(scale) ?? await spreadOf(survey, { prior, information, scale });
    information.spreads.set(scale, spread);
    return posterior(survey, { noise, spread });
  };
  // One after another: a posterior may need what an earlier one computes.
  let last: Promise<unknown> = Promise.resolve();
  return (noise) => {
    const next = last.then(() => posteriorOf(noise));
    last = next.catch(() => {});
    return next;
  };
}

/** How many times the other matrix a Gram matrix is, if it is a multiple: then so are the Hessians. */
function scaleTo(gram: Float64Array, other: Float64Array): number | undefined {
  const peak = (values: Float64Array) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const scale = peak(gram) / peak(other);
  const left = peak(gram.map((v, k) => v - scale * other[k]));
  return left <= 1e-9 * peak(gram) ? scale : undefined;
}

async function spreadOf(
  { mask }: Survey,
  { prior: { factor: l }, information: { matrix }, scale }: {
    prior: LearnedCovariance;
    information: Information;
    scale: number;
  },
): Promise<Spread> {
  const factor = await posteriorFactor({ factor: l, information: matrix, scale });
  return { factor, std: overAllCells(mask, varianceTiled(factor).map(Math.sqrt)) };
}

/** Values of free cells, flat [count, free cells], among muted ones of 0. */
function overAllCells(mask: Float32Array, values: Vector): Float32Array {
  const cells = freeCells(mask), n = cells.length, out = new Float32Array(values.length / n * mask.length);
  for (let k = 0; k < values.length; k++) out[Math.floor(k / n) * mask.length + cells[k % n]] = values[k];
  return out;
}

function posterior(
  survey: Survey,
  { noise, spread: { factor, std } }: { noise: NoiseModel; spread: Spread },
): LinearGaussianPosterior {
  const { mask } = survey, cells = freeCells(mask), n = cells.length;
  /** `F F^T J^T W W d` over the free cells. */
  const means = async (data: Vector, count: number) => {
    const whiten = (d: Vector) => noise.whiten(d, survey.shotRange);
    const images = await survey.stacked.adjoint(whiten(whiten(data)), count);
    const rhs = Float32Array.from(
      { length: count * n },
      (_, k) => images[Math.floor(k / n) * mask.length + cells[k % n]],
    );
    return await multiplyTiled(factor, await multiplyTransposedTiled(factor, rhs));
  };
  return {
    std,
    mean: async (data, count = 1) => overAllCells(mask, await means(data, count)),
    async draw(data, { key, n: count }) {
      const centre = await means(data, 1), draws = await multiplyTiled(factor, normals(key, count * n));
      const samples = overAllCells(mask, draws.map((v, k) => v + centre[k % n]));
      return { mean: overAllCells(mask, centre), std, samples };
    },
  };
}
