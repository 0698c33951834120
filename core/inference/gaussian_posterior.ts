import type { Survey } from "../contracts/operator.ts";
import type { NoiseModel } from "../contracts/problem.ts";
import type { Vector } from "../contracts/vector.ts";
import {
  congruence,
  multiplyTiled,
  multiplyTransposedTiled,
  posteriorFactor,
  type Tiled,
  varianceTiled,
  whitenerOf,
} from "../linalg/mod.ts";
import { fold, type Key, normals, uniforms } from "../base/random.ts";
import { freeCells } from "./covariance.ts";
import type { PriorGains } from "./gain_prior.ts";
import { normalised, rowsAt } from "./importance.ts";
import { inTurn, type SurveyInformation } from "./information.ts";
import type { PriorFamily } from "./prior_family.ts";

/** Moments of a Gaussian posterior, or of a mixture, in each cell, flat [count, cells]. Muted cells are 0. */
export interface CellMoments {
  readonly mean: Float32Array;
  readonly std: Float32Array;
}

/**
 * The posterior of a problem under a family of Gaussian priors. It is a mixture, weighted by the evidence of each
 * prior.
 */
export interface GaussianPosterior {
  /** Of `count` observations in a row. */
  moments(data: Vector, count?: number): Promise<CellMoments>;
  /** `n` samples, flat [n, cells], the exact moments, and each member's probability in the family's order. */
  draw(
    data: Vector,
    options: { key: Key; n: number },
  ): Promise<PosteriorDraws>;
}

/** Samples, flat [n, cells], with the moments of the posterior and the probabilities of its members. */
export interface PosteriorDraws extends CellMoments {
  readonly samples: Float32Array;
  readonly weights: Float64Array;
  /** Of a prior whose strength the data tell. */
  readonly gains?: PriorGains;
}

/** One member's posterior covariance `F F^T`, its diagonal, and `log det(I + L^T H L)`. */
interface Member {
  readonly factor: Tiled;
  readonly amplitude: number;
  readonly variance: Float64Array;
  readonly logDeterminant: number;
}

/** The factors of a family for one Hessian H: `L^T H L` of each L, and the members at each scale of H. */
interface Factored {
  readonly matrices: readonly Tiled[];
  readonly members: Map<number, readonly Member[]>;
}

/**
 * Exact posteriors for data `J x + e` under a family of Gaussian priors and any Gaussian noise e. Each member is
 * weighted by its evidence `log p(d) = |F^T b|^2 / 2 - log det(I + L^T H L) / 2` up to a constant, with
 * `b = J^T W W d` and `H = J^T W W J`. What does not depend on the noise's level is computed once per spectrum, and
 * each posterior once.
 */
export function gaussianPosteriors(
  information: SurveyInformation,
  family: PriorFamily,
  { signal }: { signal?: AbortSignal } = {},
): (noise: NoiseModel) => Promise<GaussianPosterior> {
  const { survey } = information, byHessian = new Map<Tiled, Factored>();
  return inTurn(async (noise: NoiseModel) => {
    const { hessian, scale } = await information.of(noise);
    const factored = byHessian.get(hessian) ??
      { matrices: await congruences(hessian, family), members: new Map() };
    byHessian.set(hessian, factored);
    const members = factored.members.get(scale) ?? await membersOf(family, { ...factored, scale, signal });
    factored.members.set(scale, members);
    return posterior(survey, { noise, members });
  });
}

async function congruences(hessian: Tiled, family: PriorFamily): Promise<Tiled[]> {
  const matrices: Tiled[] = [];
  for (const { factor } of family) matrices.push(await congruence(hessian, factor));
  return matrices;
}

async function membersOf(
  family: PriorFamily,
  { matrices, scale, signal }: Pick<Factored, "matrices"> & { scale: number; signal?: AbortSignal },
): Promise<Member[]> {
  const members: Member[] = [];
  for (const [i, { factor: l, amplitudes }] of family.entries()) {
    for (const a of amplitudes) {
      signal?.throwIfAborted();
      const options = { factor: l, information: matrices[i], scale: a ** 2 * scale };
      const { factor, logDeterminant } = await posteriorFactor(options);
      const variance = varianceTiled(factor).map((v) => a ** 2 * v);
      members.push({ factor, amplitude: a, variance, logDeterminant });
    }
  }
  return members;
}

/** Values of free cells, flat [count, free cells], among muted ones of 0. */
export function overAllCells(mask: Float32Array, values: Vector): Float32Array {
  const cells = freeCells(mask), n = cells.length, out = new Float32Array(values.length / n * mask.length);
  for (let k = 0; k < values.length; k++) out[Math.floor(k / n) * mask.length + cells[k % n]] = values[k];
  return out;
}

/** Members' means of observations, flat [count, free cells], and their weights, flat [count, members]. */
interface Mixture {
  readonly means: readonly Float32Array[];
  readonly weights: Float64Array;
}

function posterior(
  survey: Survey,
  { noise, members }: { noise: NoiseModel; members: readonly Member[] },
): GaussianPosterior {
  const { mask } = survey, cells = freeCells(mask), n = cells.length, whiten = whitenerOf({ survey, noise });
  const mixtureOf = async (data: Vector, count: number): Promise<Mixture> => {
    const images = await survey.stacked.adjoint(whiten(whiten(data)), count);
    const rhs = Float32Array.from(
      { length: count * n },
      (_, k) => images[Math.floor(k / n) * mask.length + cells[k % n]],
    );
    const means: Float32Array[] = [], evidence: Float64Array[] = [];
    for (const { factor, amplitude: a, logDeterminant } of members) {
      const along = await multiplyTransposedTiled(factor, rhs);
      means.push((await multiplyTiled(factor, along)).map((v) => a ** 2 * v));
      evidence.push(rowEnergies(along, n).map((energy) => (a ** 2 * energy - logDeterminant) / 2));
    }
    return { means, weights: memberWeights(evidence, count) };
  };
  const momentsOf = ({ means, weights }: Mixture): CellMoments => {
    const mean = new Float32Array(means[0].length), std = new Float32Array(means[0].length);
    const weight = (k: number, j: number) => weights[Math.floor(k / n) * members.length + j];
    for (let k = 0; k < mean.length; k++) {
      let first = 0, second = 0;
      for (let j = 0; j < members.length; j++) first += weight(k, j) * means[j][k];
      for (let j = 0; j < members.length; j++) {
        second += weight(k, j) * (members[j].variance[k % n] + (means[j][k] - first) ** 2);
      }
      mean[k] = first;
      std[k] = Math.sqrt(second);
    }
    return { mean: overAllCells(mask, mean), std: overAllCells(mask, std) };
  };
  return {
    moments: async (data, count = 1) => momentsOf(await mixtureOf(data, count)),
    async draw(data, { key, n: count }) {
      const mixture = await mixtureOf(data, 1), samples = new Float32Array(count * n);
      const chosen = Array.from(uniforms(fold(key, "member"), count), (u) => pickMember(mixture.weights, u));
      const z = normals(key, count * n);
      for (const j of new Set(chosen)) {
        const rows = chosen.flatMap((member, i) => member === j ? [i] : []);
        const { factor, amplitude } = members[j], draws = await multiplyTiled(factor, rowsAt(z, rows, n));
        rows.forEach((row, i) => {
          for (let k = 0; k < n; k++) {
            samples[row * n + k] = mixture.means[j][k] + amplitude * draws[i * n + k];
          }
        });
      }
      return { ...momentsOf(mixture), samples: overAllCells(mask, samples), weights: mixture.weights };
    },
  };
}

/** `|u|^2` of rows, flat [count, n]. */
function rowEnergies(rows: Float32Array, n: number): Float64Array {
  const energies = new Float64Array(rows.length / n);
  rows.forEach((v, k) => energies[Math.floor(k / n)] += v * v);
  return energies;
}

/** Weights, flat [count, members], from the members' log evidence, [members][count]. */
function memberWeights(evidence: readonly Float64Array[], count: number): Float64Array {
  const weights = new Float64Array(count * evidence.length);
  for (let i = 0; i < count; i++) weights.set(normalised(evidence.map((e) => e[i])), i * evidence.length);
  return weights;
}

function pickMember(weights: Float64Array, u: number): number {
  let below = 0;
  for (let j = 0; j < weights.length; j++) {
    below += weights[j];
    if (u < below) return j;
  }
  return weights.length - 1;
}
