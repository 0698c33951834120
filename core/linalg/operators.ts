import type { LinearOperator } from "../contracts/operator.ts";
import type { Space, Vector } from "../contracts/vector.ts";
import { scaled, zerosLike } from "./vectors.ts";
import { sizeOf } from "../base/shape.ts";

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
    forward: async (x, count) => await a.forward(await b.forward(x, count), count),
    adjoint: async (y, count) => await b.adjoint(await a.adjoint(y, count), count),
  };
}

/** `alpha A`. */
export function scale(alpha: number, a: LinearOperator): LinearOperator {
  return {
    domain: a.domain,
    range: a.range,
    forward: async (x, count) => scaled(alpha, await a.forward(x, count)),
    adjoint: async (y, count) => scaled(alpha, await a.adjoint(y, count)),
  };
}

/** `diag(p)` on a space. */
export function diagonal(p: Vector, space: Space): LinearOperator {
  const apply: LinearOperator["forward"] = (x) => Promise.resolve(x.map((v, i) => v * p[i % p.length]));
  return { domain: space, range: space, forward: apply, adjoint: apply };
}

/** `I` of a space. */
export function identity(space: Space): LinearOperator {
  const copy = (x: Parameters<LinearOperator["forward"]>[0]) => Promise.resolve(x.slice());
  return { domain: space, range: space, forward: copy, adjoint: copy };
}

/** A map of single vectors as one of `count` vectors in a row. */
export function rowwise(apply: (x: Vector) => Vector): LinearOperator["forward"] {
  return (x, count = 1) => {
    const size = x.length / count;
    if (count === 1) return Promise.try(() => apply(x));
    return Promise.try(() => {
      const rows = Array.from({ length: count }, (_, k) => apply(x.subarray(k * size, (k + 1) * size)));
      const out = zerosLike(x, count * rows[0].length);
      rows.forEach((row, k) => out.set(row, k * row.length));
      return out;
    });
  };
}
