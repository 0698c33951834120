import type { LinearOperator } from "../contracts/operator.ts";
import type { Space } from "../contracts/vector.ts";
import { scaled, sizeOf } from "./vectors.ts";

/** `A B`. */
export function compose(a: LinearOperator, b: LinearOperator): LinearOperator {
  if (sizeOf(a.domain) !== sizeOf(b.range)) {
    throw new Error(
      `Cannot compose: ${b.range.name} [${b.range.shape}] must be of the size of ${a.domain.name} [${a.domain.shape}]`,
    );
  }
  return {
    domain: b.domain,
    range: a.range,
    forward: async (x) => await a.forward(await b.forward(x)),
    adjoint: async (y) => await b.adjoint(await a.adjoint(y)),
  };
}

/** `A^T`. */
export function adjointOf({ domain, range, forward, adjoint }: LinearOperator): LinearOperator {
  return { domain: range, range: domain, forward: adjoint, adjoint: forward };
}

/** `alpha A`. */
export function scale(alpha: number, a: LinearOperator): LinearOperator {
  return {
    domain: a.domain,
    range: a.range,
    forward: async (x) => scaled(alpha, await a.forward(x)),
    adjoint: async (y) => scaled(alpha, await a.adjoint(y)),
  };
}

/** `I` of a space. */
export function identity(space: Space): LinearOperator {
  const copy = (x: Parameters<LinearOperator["forward"]>[0]) => Promise.resolve(x.slice());
  return { domain: space, range: space, forward: copy, adjoint: copy };
}
