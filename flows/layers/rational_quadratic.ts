import {
  add,
  div,
  joinChannels,
  log,
  mul,
  neg,
  relu,
  sqrt,
  square,
  step,
  sub,
  type Tensor,
} from "../../core/engine/mod.ts";

/** The bin that an element lies in; each a column [rows, 1]. */
export interface Bin {
  readonly width: Tensor;
  readonly height: Tensor;
  readonly x: Tensor;
  readonly y: Tensor;
  readonly d0: Tensor;
  readonly d1: Tensor;
}

/** With `t = xi (1 - xi)`: `P = s xi^2 + d0 t`, `D = s + e t`, `A = d1 xi^2 + 2 s t + d0 (1 - xi)^2`. */
function quotient({ width, height, d0, d1 }: Bin, xi: Tensor) {
  const s = div(height, width), rest = sub(1, xi), t = mul(xi, rest), xi2 = square(xi), rest2 = square(rest);
  const e = sub(add(d0, d1), mul(s, 2));
  const p = add(mul(s, xi2), mul(d0, t)), d = add(s, mul(e, t));
  const a = add(add(mul(d1, xi2), mul(d0, rest2)), mul(mul(s, t), 2));
  return { s, e, t, xi2, rest, rest2, p, d, a };
}

/** `y = y_k + height P / D`, `dy/dx = s^2 A / D^2` (Durkan et al., section 3.1). */
export function evaluate(bin: Bin, xi: Tensor): { y: Tensor; slope: Tensor; logSlope: Tensor } {
  const { s, p, d, a } = quotient(bin, xi), slope = mul(a, square(div(s, d)));
  return { y: add(bin.y, div(mul(bin.height, p), d)), slope, logSlope: log(slope) };
}

/**
 * x from y: the root of `a xi^2 + b xi + c = 0` (Durkan et al., section 3.1), in the form that does not cancel for
 * the sign of b; `a + b = s height > 0`, so that neither form divides by 0.
 */
export function solve({ width, height, x, y: start, d0, d1 }: Bin, y: Tensor): Tensor {
  const s = div(height, width), up = sub(y, start), bend = mul(up, sub(add(d0, d1), mul(s, 2)));
  const a = add(mul(height, sub(s, d0)), bend), b = sub(mul(height, d0), bend), c = mul(neg(s), up);
  const root = sqrt(relu(sub(square(b), mul(mul(a, c), 4)))),
    negative = step(neg(b)),
    other = sub(1, negative);
  const above = sub(mul(negative, sub(root, b)), mul(other, mul(c, 2)));
  const below = add(mul(negative, mul(a, 2)), mul(other, add(b, root)));
  return add(mul(div(above, below), width), x);
}

/** Derivatives of x and of the bin's columns [rows, 6], for `dy` of y and `dl` of the log slope. */
export function binGradient(
  bin: Bin,
  xi: Tensor,
  { dy, dl }: { dy: Tensor; dl: Tensor },
): { dx: Tensor; dbin: Tensor } {
  const { width, height, d0, d1 } = bin, { s, e, t, xi2, rest, rest2, p, d, a } = quotient(bin, xi);
  const slope = mul(a, square(div(s, d))), turn = sub(rest, xi), overA = div(dl, a), overD = div(dl, d);
  const perD2 = div(mul(dy, height), square(d)), flat = mul(t, overD);
  const bend = mul(sub(add(mul(d1, xi), mul(s, turn)), mul(d0, rest)), overA);
  const dxi = add(mul(mul(dy, slope), width), mul(sub(bend, mul(mul(e, turn), overD)), 2));
  const fromY = mul(perD2, sub(mul(xi2, d), mul(p, sub(1, mul(t, 2)))));
  const fromSlope = add(div(dl, s), sub(mul(t, overA), mul(sub(1, mul(t, 2)), overD)));
  const ds = add(fromY, mul(fromSlope, 2));
  const dd0 = add(mul(perD2, mul(t, sub(d, p))), sub(mul(rest2, overA), mul(flat, 2)));
  const dd1 = sub(sub(mul(xi2, overA), mul(flat, 2)), mul(perD2, mul(p, t)));
  const dx = div(dxi, width), dheight = add(div(ds, width), div(mul(dy, p), d));
  const dwidth = neg(add(mul(dx, xi), div(mul(ds, s), width)));
  return { dx, dbin: joinChannels([dwidth, dheight, neg(dx), dy, dd0, dd1]) };
}
