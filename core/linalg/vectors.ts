import type { Vector } from "../contracts/vector.ts";

/** A zero vector of `n` values in the precision of `like`. */
export function zerosLike(like: Vector, n = like.length): Vector {
  return like instanceof Float64Array ? new Float64Array(n) : new Float32Array(n);
}

/** `<x, y>`, accumulated in f64. */
export function dot(x: Vector, y: Vector): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

/** `|x|`. */
export function norm(x: Vector): number {
  return Math.sqrt(dot(x, x));
}

/** `alpha x`. */
export function scaled(alpha: number, x: Vector): Vector {
  return x.map((v) => alpha * v);
}

/** `y += alpha x`, in place. */
export function addScaled(y: Vector, alpha: number, { x }: { x: Vector }): void {
  for (let i = 0; i < y.length; i++) y[i] += alpha * x[i];
}
