import { matMul, reshape, type Tensor, tensor, zeros } from "../../core/engine/mod.ts";
import { type Key, permutation } from "../../core/base/random.ts";
import type { Layer } from "./layer.ts";

/** The input channel of each output channel, for a number of channels. */
type Order = (channels: number) => ArrayLike<number>;

/** The channels in reverse. */
export const reversed: Order = (channels) => Array.from({ length: channels }, (_, i) => channels - 1 - i);

/** A random order that the key fixes. */
export function shuffled(key: Key): Order {
  return (channels) => permutation(key, channels);
}

/** A fixed permutation of the channels, `y_i = x_order(i)`, as a product with a 0/1 matrix; logdet = 0. */
export function permute(order: Order): Layer {
  const apply = (x: Tensor, transposed: boolean) => {
    const c = x.shape[x.shape.length - 1]!, matrix = new Float32Array(c * c), from = order(c);
    for (let i = 0; i < c; i++) matrix[from[i] * c + i] = 1;
    return reshape(matMul(reshape(x, [-1, c]), tensor(matrix, [c, c]), false, transposed), x.shape);
  };
  return {
    init: () => ({}),
    forward: (_params, x) => ({ y: apply(x, false), logdet: zeros([x.shape[0]]) }),
    inverse: (_params, y) => apply(y, true),
    backward: (_params, y, { dy }) => ({ x: apply(y, true), dx: apply(dy, true), dparams: {} }),
    pullback: (_params, x, { dx }) => ({
      y: apply(x, false),
      logdet: zeros([x.shape[0]]),
      dy: apply(dx, false),
    }),
  };
}
