import type { Declaration } from "../contracts/spec.ts";
import { SHRINKAGES } from "../inference/covariance.ts";
import type { GaussianPrior } from "../inference/gaussian.ts";
import { AMPLITUDES, ROUGHNESSES } from "../inference/hierarchy.ts";
import { assembling, CORE_SPEED, FREE, newcomers, type Price, type PricedOperator, sumOf } from "./prices.ts";
import { sizeOf } from "../base/shape.ts";

/**
 * The covariances and amplitudes in the prior family of each kind, and the number of factorizations that learning it
 * takes.
 */
const FAMILIES: Readonly<Record<GaussianPrior, { factors: number; amplitudes: number; learned: number }>> = {
  learned: { factors: 1, amplitudes: 1, learned: SHRINKAGES.length },
  hierarchical: { factors: ROUGHNESSES.length, amplitudes: AMPLITUDES.length, learned: ROUGHNESSES.length },
};

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
  kinds: readonly GaussianPrior[],
  problem: { readonly operator: Declaration; readonly noise: Declaration },
  priced: PricedOperator,
) => Price {
  const first = newcomers();
  return (kinds, { operator, noise }, priced) => {
    const { assembly } = priced, { level: _, ...spectrum } = noise;
    if (!assembly || kinds.length === 0) return FREE;
    const { cells, kept, instead } = assembly, cube = cells ** 3;
    const prices: Price[] = [];
    const work = (flops: number) => prices.push({ solves: 0, seconds: flops / CORE_SPEED.factors });
    if (first("Hessian", operator, spectrum)) {
      if (!instead) prices.push(assembling(priced));
      work(LEADING * cells ** 2 * kept);
    }
    for (const kind of kinds) {
      const { factors, amplitudes, learned } = FAMILIES[kind];
      if (first("prior", kind)) work(learned * CHOLESKY * cube);
      if (first("congruence", kind, operator, spectrum)) work(factors * CONGRUENCE * cube);
      if (first("posterior", kind, operator, noise)) work(factors * amplitudes * MEMBER * cube);
    }
    return sumOf(...prices);
  };
}

/** The cost of the moments of one observation: `F` and `F^T` of each posterior. */
export function momentsPrice(kind: GaussianPrior, { assembly }: PricedOperator): Price {
  const { factors, amplitudes } = FAMILIES[kind], cells = assembly?.cells ?? 0;
  return { solves: 0, seconds: factors * amplitudes * 2 * cells ** 2 / CORE_SPEED.factors };
}

const F32 = 4;

/**
 * Number of dense matrices that a Gaussian posterior holds at once: those of the prior and the data, their factors
 * and products. The hierarchical posterior holds half a matrix for each factor, for its product with that of the
 * data, and for the posterior of each member.
 */
const DENSE_MATRICES: Readonly<Record<GaussianPrior, number>> = {
  learned: 4,
  hierarchical: 2 + ROUGHNESSES.length * (2 + AMPLITUDES.length) / 2,
};

/** Bytes of dense posteriors, including the matrices that they are assembled from. */
export function gaussianBytes(kinds: readonly GaussianPrior[], { assembly, domain }: PricedOperator): number {
  if (kinds.length === 0) return 0;
  const size = sizeOf(domain), held = kinds.reduce((sum, kind) => sum + DENSE_MATRICES[kind], 0);
  return (assembly?.bytes ?? 0) + held * size ** 2 * F32;
}
