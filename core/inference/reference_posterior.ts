import type { LinearOperator } from "../contracts/operator.ts";
import type { Vector } from "../contracts/vector.ts";
import {
  covarianceOf,
  denseHessian,
  dot,
  drawGaussian,
  type Gaussian,
  gaussianPosterior,
  multiplyVector,
  whitenerOf,
} from "../linalg/mod.ts";
import { sizeOf } from "../base/shape.ts";
import { fold, type Key, normals64 } from "../base/random.ts";
import { CONVERGED, effectiveSampleSize, interleaved, momentsOf, splitRHat } from "./convergence.ts";
import type { Problem } from "./simulate.ts";
import { type Path, temperedPopulation } from "./tempered.ts";

/** The true posterior of one observation, or the best approximation that is available. */
export interface ReferencePosterior extends Gaussian {
  /** Flat [n, size]. */
  readonly samples: Float32Array;
  /** Whether the posterior is Gaussian and `mean` and `covariance` exact; else they are the samples'. */
  readonly exact: boolean;
  /** Whether the populations of the samples agree, and the number of independent draws that the samples are worth. */
  readonly convergence?: { readonly rHat: number; readonly ess: number };
}

/** Computes the reference posterior from the data of an observation, with `n` draws if draws cost nothing. */
type Reference = (data: Vector, options: { key: Key; n: number }) => Promise<ReferencePosterior>;

/**
 * The largest number of unknowns for which the exact Gaussian posterior is built. It costs one forward and one
 * adjoint per unknown.
 */
const MOST_EXACT = 256;
/** The largest number of unknowns for which tempered populations are a reliable reference. */
const MOST_SAMPLED = 10;
/** Number of populations, and of the draws of each: 10,000 together at first, and the largest number. */
const POPULATIONS = 8, LEAST_DRAWS = 1250, MOST_DRAWS = 5000;

/**
 * The reference posterior of a problem. It is exact if prior, operator and noise are Gaussian. It is computed by
 * tempered populations if the densities are known and the unknowns are few. All other problems have none.
 */
export async function referenceFor(problem: Problem): Promise<Reference | undefined> {
  const { prior } = problem, size = sizeOf(prior.space);
  if (prior.gaussian && size <= MOST_EXACT && !problem.survey.simulator) {
    return exactReference(prior.gaussian, await normalEquations(problem));
  }
  if (prior.logDensity && size <= MOST_SAMPLED) return temperedReference(problem, await likelihoods(problem));
}

/** A reference of which samples are given, flat [n, size]. */
export function sampledReference(samples: Float32Array, size: number): ReferencePosterior {
  return { ...momentsOf({ size, paths: [Float64Array.from(samples)] }), samples, exact: false };
}

/** `H = J^T W W J` of a problem, and `J^T W W d` of data: all that the likelihood of a linear operator needs. */
interface NormalEquations {
  readonly hessian: Float64Array;
  rhs(data: Vector): Promise<Float64Array>;
}

async function normalEquations({ survey, noise }: Problem): Promise<NormalEquations> {
  const j: LinearOperator = survey.stacked, whiten = whitenerOf({ survey, noise });
  return {
    hessian: await denseHessian(j, { whiten }),
    rhs: async (data) => Float64Array.from(await j.adjoint(whiten(whiten(Float64Array.from(data))))),
  };
}

/** Gives `log p(d | x)` up to a constant for an observation's data. */
type LikelihoodOf = (data: Vector) => Promise<(x: Float64Array) => number>;

/** A simulator's own likelihood, or `x^T J^T W W d - 1/2 x^T H x`. */
async function likelihoods(problem: Problem): Promise<LikelihoodOf> {
  const { simulator } = problem.survey;
  if (simulator) return (data) => Promise.resolve((x) => simulator.logLikelihood(x, data).value);
  const { hessian, rhs } = await normalEquations(problem);
  return async (data) => {
    const b = await rhs(data);
    return (x) => dot(x, b) - dot(x, multiplyVector(hessian, x)) / 2;
  };
}

/** The Gaussian posterior of a linear operator, Gaussian noise and Gaussian prior. */
function exactReference(prior: Gaussian, { hessian, rhs }: NormalEquations): Reference {
  return async (data, { key, n }) => {
    const posterior = gaussianPosterior({ hessian, rhs: await rhs(data), prior }), size = prior.mean.length;
    const samples = new Float32Array(n * size);
    for (let k = 0; k < n; k++) samples.set(drawGaussian(posterior, normals64(fold(key, k), size)), k * size);
    return { mean: posterior.mean, covariance: covarianceOf(posterior), samples, exact: true };
  };
}

/** Populations of prior draws brought to the posterior, each on its own; more draws until they agree. */
function temperedReference(problem: Problem, likelihood: LikelihoodOf): Reference {
  const { prior } = problem, size = sizeOf(prior.space), logPrior = prior.logDensity!;
  return async (data, { key }) => {
    const path = pathOf(await likelihood(data), { logPrior, size });
    for (let draws = LEAST_DRAWS;; draws *= 2) {
      const paths: Float64Array[] = [];
      for (let p = 0; p < POPULATIONS; p++) {
        const ofPath = fold(fold(key, draws), p), start = await prior.sample(fold(ofPath, "prior"), draws);
        const options = { size, key: fold(ofPath, "moves") };
        paths.push((await temperedPopulation(path, Float64Array.from(start), options)).x);
      }
      const rHat = splitRHat({ size, paths });
      if (rHat >= CONVERGED && draws < MOST_DRAWS) continue;
      const ess = effectiveSampleSize({ size, paths });
      const samples = interleaved({ size, paths });
      return { ...momentsOf({ size, paths }), samples, exact: false, convergence: { rHat, ess } };
    }
  };
}

/** From the prior to the posterior; a likelihood need not be known where the prior is 0. */
function pathOf(
  logLikelihood: (x: Float64Array) => number,
  { logPrior, size }: { logPrior: (x: Float64Array) => number; size: number },
): Path {
  return (x) => {
    const n = x.length / size, base = new Float64Array(n), target = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const one = x.subarray(i * size, (i + 1) * size);
      base[i] = logPrior(one);
      target[i] = base[i] === -Infinity ? base[i] : base[i] + logLikelihood(one);
    }
    return Promise.resolve({ base, target });
  };
}
