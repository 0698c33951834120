import type { LinearOperator } from "../contracts/operator.ts";
import { type Key, uniforms } from "../random.ts";
import type { Vector } from "../contracts/vector.ts";

/** Random probes of the diagonal; rows are averaged, so few are needed. */
export const PROBES = 2;

/** Rows darker than this part of the brightest count as this bright. */
const FLOOR = 1e-3;

/**
 * Preconditioner `P = diag(A^T A)^(-1/2)` of a section, averaged over each row of the domain's last axis and scaled to
 * mean 1: deep reflectors are as easy to fit as shallow ones. The diagonal is estimated by `v * A^T A v` for random
 * signs v (Bekas, Kokiopoulou and Saad 2007, Applied Numerical Mathematics 57, 1214-1229).
 */
export async function illuminationPreconditioner(
  a: LinearOperator,
  { key, whiten = (r) => r }: { key: Key; whiten?: (r: Vector) => Vector },
): Promise<Float64Array> {
  const { shape } = a.domain, size = shape.reduce((x, y) => x * y, 1), width = shape[shape.length - 1];
  const rows = new Float64Array(size / width), draws = uniforms(key, PROBES * size);
  for (let k = 0; k < PROBES; k++) {
    const v = Float32Array.from({ length: size }, (_, i) => draws[k * size + i] < 0.5 ? -1 : 1);
    const image = await a.adjoint(whiten(whiten(await a.forward(v))));
    image.forEach((g, i) => rows[Math.floor(i / width)] += g * v[i]);
  }
  const brightest = rows.reduce((x, y) => Math.max(x, y));
  const scale = rows.map((bright) => 1 / Math.sqrt(Math.max(bright / brightest, FLOOR)));
  const mean = scale.reduce((x, y) => x + y, 0) / scale.length;
  return Float64Array.from({ length: size }, (_, i) => scale[Math.floor(i / width)] / mean);
}
