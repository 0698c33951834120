import {
  add,
  div,
  eye,
  matMul,
  mul,
  reshape,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from "../../core/engine/mod.ts";
import { fold, normals } from "../../core/base/random.ts";
import type { Layer } from "./layer.ts";

/** Reflections in the product: three mix any pair of channels and stay cheap. */
const REFLECTIONS = 3;

/**
 * Invertible 1x1 convolution `y = x W` over channels, W the product of Householder reflections
 * `H(v) = I - 2 v v^T / |v|^2` (Tomczak and Welling 2016): orthogonal for any v, so logdet = 0 and W^-1 = W^T.
 */
export const conv1x1: Layer = {
  init(key, { x }) {
    const c = x.shape[x.shape.length - 1];
    return Object.fromEntries(
      Array.from({ length: REFLECTIONS }, (_, i) => [`v${i}`, tensor(normals(fold(key, i), c), [c])]),
    );
  },
  forward(params, x) {
    return { y: mix(x, rotation(params)), logdet: zeros([x.shape[0]]) };
  },
  inverse(params, y) {
    return mix(y, transpose(rotation(params)));
  },
  backward(params, y, { dy }) {
    const w = rotation(params), back = transpose(w);
    const x = mix(y, back), dx = mix(dy, back);
    const dw = matMul(transpose(asRows(x)), asRows(dy));
    return { x, dx, dparams: reflectionGradients(params, dw) };
  },
  pullback(params, x, { dx }) {
    const w = rotation(params);
    return { y: mix(x, w), logdet: zeros([x.shape[0]]), dy: mix(dx, w) };
  },
};

type Reflections = Readonly<Record<string, Tensor>>;

function asRows(x: Tensor): Tensor {
  return reshape(x, [-1, x.shape[x.shape.length - 1]]);
}

function mix(x: Tensor, w: Tensor): Tensor {
  return reshape(matMul(asRows(x), w), x.shape);
}

function reflection(v: Tensor): Tensor {
  const column = reshape(v, [-1, 1]);
  return sub(eye(v.shape[0]), mul(div(2, sum(square(v))), matMul(column, column, false, true)));
}

/** `H(v0) H(v1) H(v2)`. */
function rotation(params: Reflections): Tensor {
  const all = Array.from({ length: REFLECTIONS }, (_, i) => reflection(params[`v${i}`]));
  return all.reduce((product, h) => matMul(product, h));
}

/**
 * dL/dv of each reflection from dL/dW. With G = dL/dH: dL/dv = -2/|v|^2 (G + G^T) v + 4 (v^T G v)/|v|^4 v.
 */
function reflectionGradients(params: Reflections, dw: Tensor): Record<string, Tensor> {
  const h = Array.from({ length: REFLECTIONS }, (_, i) => reflection(params[`v${i}`]));
  const identity = eye(dw.shape[0]);
  return Object.fromEntries(h.map((_, i) => {
    const left = h.slice(0, i).reduce((p, q) => matMul(p, q), identity as Tensor);
    const right = h.slice(i + 1).reduce((p, q) => matMul(p, q), identity as Tensor);
    const g = matMul(matMul(transpose(left), dw), transpose(right));
    const v = reshape(params[`v${i}`], [-1, 1]), norm2 = sum(square(v));
    const along = sum(mul(v, matMul(g, v)));
    const bend = mul(matMul(add(g, transpose(g)), v), div(-2, norm2));
    const stretch = mul(v, div(mul(4, along), square(norm2)));
    return [`v${i}`, reshape(add(bend, stretch), [-1])];
  }));
}
