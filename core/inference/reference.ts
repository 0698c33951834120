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
  sizeOf,
} from "../linalg/mod.ts";
import { fold, type Key, normals64 } from "../random.ts";
import { sampleChains } from "./chains.ts";
import { momentsOf } from "./convergence.ts";
import type { Problem } from "./simulate.ts";

/** The true posterior of one observation, as far as it can be known. */
export interface ReferencePosterior extends Gaussian {
  /** Flat [n, size]. */
  readonly samples: Float32Array;
  /** Whether the posterior is Gaussian and `mean` and `covariance` exact; else they are the samples'. */
  readonly exact: boolean;
  /** Whether the chains that the samples are from agree, and how many independent draws they are worth. */
  readonly convergence?: { readonly rHat: number; readonly ess: number };
}

/** Gives the reference posterior of an observation's data; `n` draws where draws are free. */
export type Reference = (data: Vector, options: { key: Key; n: number }) => Promise<ReferencePosterior>;

/** Unknowns up to which the exact Gaussian posterior is built: one forward and one adjoint each. */
const MOST_EXACT = 256;
/** Unknowns up to which a random walk is a fair reference. */
const MOST_CHAINED = 4;
/** Chains, and states kept of each: 10,000 together. */
const CHAINS = 40, KEEP = 250;

/**
 * The reference of a problem whose posterior can be had: exact where the prior is Gaussian, by Markov chains where
 * its density is known and the unknowns are few; else none.
 */
export async function referenceFor(problem: Problem): Promise<Reference | undefined> {
  const { prior } = problem, size = sizeOf(prior.space);
  if (prior.gaussian && size <= MOST_EXACT) {
    return exactReference(prior.gaussian, await normalEquations(problem));
  }
  if (prior.logDensity && size <= MOST_CHAINED) {
    return chainReference(problem, await normalEquations(problem));
  }
}

/** `H = J^T W W J` of a problem, and `J^T W W d` of data: all that the likelihood of a linear operator needs. */
interface NormalEquations {
  readonly hessian: Float64Array;
  rhs(data: Vector): Promise<Float64Array>;
}

async function normalEquations({ survey, noise }: Problem): Promise<NormalEquations> {
  const j: LinearOperator = survey.stacked, whiten = (r: Vector) => noise.whiten(r, survey.shotRange);
  return {
    hessian: await denseHessian(j, { whiten }),
    rhs: async (data) => Float64Array.from(await j.adjoint(whiten(whiten(Float64Array.from(data))))),
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

/** Metropolis chains on `log p(x) - 1/2 x^T H x + x^T J^T W W d`, started from draws of the prior. */
function chainReference({ prior }: Problem, { hessian, rhs }: NormalEquations): Reference {
  return async (data, { key }) => {
    const b = await rhs(data), size = b.length;
    const logDensity = (x: Float64Array) =>
      prior.logDensity!(x) - dot(x, multiplyVector(hessian, x)) / 2 + dot(x, b);
    const draws = Float64Array.from(await prior.sample(fold(key, "starts"), CHAINS));
    const starts = Array.from({ length: CHAINS }, (_, c) => draws.slice(c * size, (c + 1) * size));
    const { rHat, ess, ...chains } = sampleChains(logDensity, starts, {
      key: fold(key, "chains"),
      keep: KEEP,
    });
    const samples = Float32Array.from(chains.paths.flatMap((path) => [...path]));
    return { ...momentsOf(chains), samples, exact: false, convergence: { rHat, ess } };
  };
}
