import type { Declaration } from "../contracts/spec.ts";
import { gaussianPrior } from "../inference/gaussian_priors.ts";
import { assembling, CORE_SPEED, FREE, newcomers, type Price, type PricedOperator, sumOf } from "./prices.ts";
import { sizeOf } from "../base/shape.ts";

/**
 * Multiplications and additions for n unknowns in units of n^3: a Cholesky factor, `L^T H L`, and the factor of a
 * posterior.
 */
const CHOLESKY = 1 / 3, CONGRUENCE = 1, MEMBER = 1;

/** Fraction of the directions of the kept samples that the sum of the Hessian uses. */
const LEADING = 0.5;

/**
 * Returns a function that gives the cost of the dense Gaussian posteriors of a problem. A posterior that was counted
 * before costs nothing.
 */
export function gaussianPricing(): (
  priors: readonly string[],
  problem: { readonly operator: Declaration; readonly noise: Declaration },
  priced: PricedOperator,
) => Price {
  const first = newcomers();
  return (priors, { operator, noise }, priced) => {
    const { assembly } = priced, { level: _, ...spectrum } = noise;
    if (!assembly || priors.length === 0) return FREE;
    const { cells, kept, instead } = assembly, cube = cells ** 3;
    const prices: Price[] = [];
    const work = (flops: number) => prices.push({ solves: 0, seconds: flops / CORE_SPEED.factors });
    if (first("Hessian", operator, spectrum)) {
      if (!instead) prices.push(assembling(priced));
      work(LEADING * cells ** 2 * kept);
    }
    for (const prior of priors) {
      const { factors, amplitudes, factorizations, simulations } = gaussianPrior(prior);
      if (first("prior", prior)) work(factorizations * CHOLESKY * cube);
      if (simulations > 0 && first("simulations", prior, operator, spectrum)) {
        if (!instead) prices.push(assembling(priced));
        work(2 * simulations * cells ** 2);
      }
      if (first("congruence", prior, operator, spectrum)) work(factors * CONGRUENCE * cube);
      if (first("posterior", prior, operator, noise)) work(factors * amplitudes * MEMBER * cube);
    }
    return sumOf(...prices);
  };
}

/**
 * The cost of the moments of one observation: `F` and `F^T` of each posterior, or the factors of those whose prior its
 * data tell.
 */
export function momentsPrice(prior: string, { assembly }: PricedOperator): Price {
  const { factors, amplitudes, eliminations } = gaussianPrior(prior), cells = assembly?.cells ?? 0;
  const elimination = (CHOLESKY + CONGRUENCE + MEMBER) * cells ** 3;
  const flops = factors * amplitudes * 2 * cells ** 2 + eliminations * elimination;
  return { solves: 0, seconds: flops / CORE_SPEED.factors };
}

const F32 = 4;

/** Dense matrices that one elimination holds at once. */
const DENSE = 4;

/**
 * Number of dense matrices that a Gaussian posterior holds at once: those of the prior and the data, their factors
 * and products. A family of several holds half a matrix for each factor, for its product with that of the data, and for
 * the posterior of each member. Eliminations of observations run on all cores.
 */
function denseMatrices(prior: string, cores: number): number {
  const { factors, amplitudes, eliminations } = gaussianPrior(prior);
  if (eliminations > 0) return 1 + DENSE * cores;
  return factors * amplitudes === 1 ? DENSE : 2 + factors * (2 + amplitudes) / 2;
}

/** Bytes of dense posteriors, including the matrices that they are assembled from. */
export function gaussianBytes(
  priors: readonly string[],
  { assembly, domain, cores }: PricedOperator,
): number {
  if (priors.length === 0) return 0;
  const size = sizeOf(domain), held = priors.reduce((sum, prior) => sum + denseMatrices(prior, cores), 0);
  return (assembly?.bytes ?? 0) + held * size ** 2 * F32;
}
