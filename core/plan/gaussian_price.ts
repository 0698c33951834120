import type { Declaration } from "../contracts/spec.ts";
import { SHRINKAGES } from "../inference/covariance.ts";
import type { GaussianPrior } from "../inference/gaussian.ts";
import { AMPLITUDES, ROUGHNESSES } from "../inference/hierarchy.ts";
import {
  assembling,
  CORE_SPEED,
  FREE,
  newcomers,
  type Price,
  type PricedOperator,
  product,
  sumOf,
} from "./prices.ts";

/** Covariances that a prior is a family of, and their amplitudes; factorizations that choosing them takes. */
const FAMILIES: Readonly<Record<GaussianPrior, { factors: number; amplitudes: number; learned: number }>> = {
  learned: { factors: 1, amplitudes: 1, learned: SHRINKAGES.length },
  hierarchical: { factors: ROUGHNESSES.length, amplitudes: AMPLITUDES.length, learned: ROUGHNESSES.length },
};

/** Multiplications and additions for n unknowns, in n^3: a Cholesky factor, `L^T H L`, and a posterior's factor of it. */
const CHOLESKY = 1 / 3, CONGRUENCE = 1, MEMBER = 1;

/** Part of the kept samples' directions that the Hessian's sum runs over. */
const LEADING = 0.5;

/** Prices of the dense Gaussian posteriors of a problem, but for what was priced before. */
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

/** Taking an observation's moments: `F` and `F^T` of each posterior. */
export function momentsPrice(kind: GaussianPrior, { assembly }: PricedOperator): Price {
  const { factors, amplitudes } = FAMILIES[kind], cells = assembly?.cells ?? 0;
  return { solves: 0, seconds: factors * amplitudes * 2 * cells ** 2 / CORE_SPEED.factors };
}

const F32 = 4;

/**
 * Dense matrices that a Gaussian posterior holds at once: the prior's and the data's, their factors and products; for
 * the hierarchical one half a matrix for each factor, its product with the data's, and each member's posterior.
 */
const DENSE_MATRICES: Readonly<Record<GaussianPrior, number>> = {
  learned: 4,
  hierarchical: 2 + ROUGHNESSES.length * (2 + AMPLITUDES.length) / 2,
};

/** Bytes of dense posteriors, with what they are assembled from. */
export function gaussianBytes(kinds: readonly GaussianPrior[], { assembly, domain }: PricedOperator): number {
  if (kinds.length === 0) return 0;
  const size = product(domain), held = kinds.reduce((sum, kind) => sum + DENSE_MATRICES[kind], 0);
  return (assembly?.bytes ?? 0) + held * size ** 2 * F32;
}
