import type { LinearOperator } from "../contracts/operator.ts";
import type { Vector } from "../contracts/vector.ts";
import { compose, diagonal } from "./operators.ts";
import { addScaled, dot, scaled, sizeOf, zerosLike } from "./vectors.ts";

export interface CglsOptions {
  readonly iterations: number;
  /** Weight of the Tikhonov term. */
  readonly damping?: number;
  /** `W`, symmetric; the identity unless given. */
  readonly whiten?: (r: Vector) => Vector;
  readonly x0?: Vector;
  /** Diagonal P: the fit runs over z of x = P z, and the Tikhonov term is on z. */
  readonly precondition?: Vector;
}

/** Solution, and `sqrt(|W(Ax - d)|^2 + damping^2 |x|^2)` at the start and after every iteration. */
export interface CglsResult {
  readonly x: Vector;
  readonly residuals: readonly number[];
}

/**
 * `min_x |W(A x - d)|^2 + damping^2 |x|^2` by conjugate gradients on the normal equations, in the form that never
 * squares the operator (Hestenes and Stiefel 1952; Paige and Saunders 1982, ACM TOMS 8(1), sec. 7.1). Vectors
 * have the precision of `d`, inner products are f64. Stops early where the gradient is down to the vectors' rounding: beyond
 * it the directions are noise, and the steps along them grow without bound.
 */
export async function cgls(a: LinearOperator, d: Vector, options: CglsOptions): Promise<CglsResult> {
  const { precondition, x0 } = options;
  if (!precondition) return await conjugateGradients(a, d, options);
  const z0 = x0?.map((v, i) => v / precondition[i]);
  const { x: z, residuals } = await conjugateGradients(compose(a, diagonal(precondition, a.domain)), d, {
    ...options,
    x0: z0,
  });
  return { x: z.map((v, i) => v * precondition[i]), residuals };
}

async function conjugateGradients(
  a: LinearOperator,
  d: Vector,
  { iterations, damping = 0, whiten = (r) => r, x0 }: CglsOptions,
): Promise<CglsResult> {
  const x: Vector = x0?.slice() ?? zerosLike(d, sizeOf(a.domain));
  const ridge = damping ** 2;
  const misfit: Vector = d.slice();
  if (x0) addScaled(misfit, -1, { x: await a.forward(x) });
  const r: Vector = whiten(misfit).slice();
  const negativeGradient = async (): Promise<Vector> => {
    const s: Vector = (await a.adjoint(whiten(r))).slice();
    addScaled(s, -ridge, { x });
    return s;
  };
  const residual = () => Math.sqrt(dot(r, r) + ridge * dot(x, x));
  const residuals = [residual()];
  let s: Vector = await negativeGradient(), p = s, gamma = dot(s, s);
  const rounding = d instanceof Float64Array ? 2 ** -52 : 2 ** -23, vanished = rounding ** 2 * gamma;
  for (let k = 0; k < iterations && gamma > vanished; k++) {
    const q = whiten(await a.forward(p));
    const alpha = gamma / (dot(q, q) + ridge * dot(p, p));
    addScaled(x, alpha, { x: p });
    addScaled(r, -alpha, { x: q });
    residuals.push(residual());
    s = await negativeGradient();
    const next = dot(s, s);
    p = scaled(next / gamma, p);
    addScaled(p, 1, { x: s });
    gamma = next;
  }
  return { x, residuals };
}
