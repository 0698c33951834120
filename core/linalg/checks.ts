import type { LinearOperator } from "../contracts/operator.ts";
import type { Vector } from "../contracts/vector.ts";
import { fold, type Key, normals, normals64 } from "../base/random.ts";
import { addScaled, dot, norm } from "./vectors.ts";
import { sizeOf } from "../base/shape.ts";

/**
 * Relative error of the adjoint identity, `|<Ax, y> - <x, A^T y>| / (|Ax| |y|)`, for standard normal x and y
 * (Claerbout 1992, Earth Soundings Analysis, ch. 5). Rounding alone leaves about 1e-16 in f64, 1e-8 in f32.
 */
export async function dotTest(
  a: LinearOperator,
  { key, precision }: { key: Key; precision: "f32" | "f64" },
): Promise<number> {
  const draw = precision === "f64" ? normals64 : normals;
  const x = draw(fold(key, "x"), sizeOf(a.domain)), y = draw(fold(key, "y"), sizeOf(a.range));
  const ax = await a.forward(x), aty = await a.adjoint(y);
  return Math.abs(dot(ax, y) - dot(x, aty)) / (norm(ax) * norm(y));
}

/**
 * Orders at which `|f(x + h v) - f(x) - h <g, v>|` falls when h is halved, one per halving: 2 for the gradient g
 * of f at x, 1 for anything else.
 */
export function taylorTest(
  f: (x: Vector) => number,
  { x, gradient, direction, step, halvings = 4 }: {
    x: Vector;
    gradient: Vector;
    direction: Vector;
    step: number;
    halvings?: number;
  },
): number[] {
  const f0 = f(x), slope = dot(gradient, direction);
  const remainders = Array.from({ length: halvings + 1 }, (_, i) => {
    const h = step / 2 ** i, moved = x.slice();
    addScaled(moved, h, { x: direction });
    return Math.abs(f(moved) - f0 - h * slope);
  });
  return remainders.slice(1).map((r, i) => Math.log2(remainders[i] / r));
}
