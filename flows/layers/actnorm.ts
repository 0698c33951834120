import {
  add,
  div,
  exp,
  log,
  mul,
  onesLike,
  reshape,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
} from "../../core/engine/mod.ts";
import type { Layer } from "./layer.ts";
import { sizeOf } from "../../core/base/shape.ts";

/**
 * Activation normalisation `y = exp(logScale) x + bias` per channel (Kingma and Dhariwal 2018, Glow), initialised
 * so that the first batch has zero mean and unit variance. logdet = pixels * sum(logScale).
 */
export const actnorm: Layer = {
  init(_key, { x }) {
    const rows = asRows(x), n = rows.shape[0];
    const mean = div(sum(rows, 0), n);
    const std = sqrt(add(div(sum(square(sub(rows, mean)), 0), n), 1e-6));
    return { logScale: log(div(1, std)), bias: div(mul(mean, -1), std) };
  },
  forward({ logScale, bias }, x) {
    return { y: add(mul(x, exp(logScale)), bias), logdet: mul(ones(x), mul(sum(logScale), pixels(x))) };
  },
  inverse({ logScale, bias }, y) {
    return div(sub(y, bias), exp(logScale));
  },
  backward({ logScale, bias }, y, { dy, dlogdet }) {
    const scale = exp(logScale), x = div(sub(y, bias), scale), dx = mul(dy, scale);
    const dlogScale = add(sum(asRows(mul(dx, x)), 0), dlogdet * y.shape[0] * pixels(y));
    return { x, dx, dparams: { logScale: dlogScale, bias: sum(asRows(dy), 0) } };
  },
  pullback(params, x, { dx }) {
    return { ...actnorm.forward(params, x), dy: div(dx, exp(params.logScale)) };
  },
};

function asRows(x: Tensor): Tensor {
  return reshape(x, [-1, x.shape[x.shape.length - 1]]);
}

/** Pixels of one sample. */
function pixels(x: Tensor): number {
  return sizeOf({ shape: x.shape.slice(1, -1) });
}

function ones(x: Tensor): Tensor {
  return onesLike(sum(reshape(x, [x.shape[0], -1]), 1));
}
