import type { LinearOperator } from "../contracts/operator.ts";
import type { Vector } from "../contracts/vector.ts";
import { compose, diagonal } from "./operators.ts";
import { addScaled, dot, scaled, zerosLike } from "./vectors.ts";
import { sizeOf } from "../base/shape.ts";

interface CglsOptions {
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
interface CglsResult {
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
  const { damping = 0, ...rest } = options;
  return (await cglsBatch(a, d, { ...rest, dampings: [damping] }))[0];
}

/** Number of applications of A and A^T in `iterations` iterations of {@link cgls}. */
export function cglsApplications(iterations: number): number {
  return 1 + 2 * iterations;
}

type BatchOptions = Omit<CglsOptions, "damping"> & { readonly dampings: readonly number[] };

/** {@link cgls} of several data in a row, each with a damping of its own: one application of A or A^T to all at once. */
export async function cglsBatch(a: LinearOperator, d: Vector, options: BatchOptions): Promise<CglsResult[]> {
  const { precondition: P, x0 } = options;
  if (!P) return await conjugateGradients(a, d, options);
  const solved = await conjugateGradients(compose(a, diagonal(P, a.domain)), d, {
    ...options,
    x0: x0?.map((v, i) => v / P[i % P.length]),
  });
  return solved.map(({ x: z, residuals }) => ({ x: z.map((v, i) => v * P[i]), residuals }));
}

async function conjugateGradients(
  a: LinearOperator,
  d: Vector,
  { iterations, dampings, whiten = (r) => r, x0 }: BatchOptions,
): Promise<CglsResult[]> {
  const count = dampings.length, ridges = dampings.map((damping) => damping ** 2);
  const rows = (v: Vector) => rowsOf(v, count);
  const x: Vector = x0?.slice() ?? zerosLike(d, count * sizeOf(a.domain));
  const misfit: Vector = d.slice();
  if (x0) addScaled(misfit, -1, { x: await a.forward(x, count) });
  const r: Vector = whiten(misfit).slice(), xs = rows(x), rs = rows(r);
  const negativeGradient = async (): Promise<Vector> => {
    const s: Vector = (await a.adjoint(whiten(r), count)).slice();
    rows(s).forEach((row, i) => addScaled(row, -ridges[i], { x: xs[i] }));
    return s;
  };
  const residual = (i: number) => Math.sqrt(dot(rs[i], rs[i]) + ridges[i] * dot(xs[i], xs[i]));
  const residuals = ridges.map((_, i) => [residual(i)]);
  const p = await negativeGradient(), ps = rows(p), gamma = ps.map((s) => dot(s, s));
  const rounding = d instanceof Float64Array ? 2 ** -52 : 2 ** -23;
  const vanished = gamma.map((g) => rounding ** 2 * g);
  const going = () => [...gamma.keys()].filter((i) => gamma[i] > vanished[i]);
  for (let k = 0, open = going(); k < iterations && open.length > 0; k++, open = going()) {
    const qs = rows(whiten(await a.forward(p, count)));
    for (const i of open) {
      const alpha = gamma[i] / (dot(qs[i], qs[i]) + ridges[i] * dot(ps[i], ps[i]));
      addScaled(xs[i], alpha, { x: ps[i] });
      addScaled(rs[i], -alpha, { x: qs[i] });
      residuals[i].push(residual(i));
    }
    const ss = rows(await negativeGradient());
    for (const i of open) {
      const next = dot(ss[i], ss[i]);
      ps[i].set(scaled(next / gamma[i], ps[i]));
      addScaled(ps[i], 1, { x: ss[i] });
      gamma[i] = next;
    }
  }
  return xs.map((row, i) => ({ x: row, residuals: residuals[i] }));
}

/** The vectors that lie in a row. */
function rowsOf(v: Vector, count: number): Vector[] {
  const size = v.length / count;
  return Array.from({ length: count }, (_, i) => v.subarray(i * size, (i + 1) * size));
}
