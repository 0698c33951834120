import { matMul, reshape, type Tensor, tensor, transpose, zeros } from "../../core/engine/mod.ts";
import type { Layer } from "./layer.ts";

/** Rows: average, horizontal, vertical and diagonal detail of a 2 x 2 block; orthonormal and symmetric. */
const HAAR = Float32Array.of(1, 1, 1, 1, 1, -1, 1, -1, 1, 1, -1, -1, 1, -1, -1, 1).map((v) => v / 2);

/** [n, h, w, c] -> [n, h/2, w/2, 4c], orthonormal; channels 0 to c-1 are the averages. */
export function haar(x: Tensor): Tensor {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const blocks = transpose(reshape(x, [n, h / 2, 2, w / 2, 2, c]), [0, 1, 3, 5, 2, 4]);
  const mixed = reshape(matMul(reshape(blocks, [-1, 4]), tensor(HAAR, [4, 4])), [n, h / 2, w / 2, c, 4]);
  return reshape(transpose(mixed, [0, 1, 2, 4, 3]), [n, h / 2, w / 2, 4 * c]);
}

/** Inverse of {@link haar}. */
export function inverseHaar(y: Tensor): Tensor {
  const [n, h, w, c4] = y.shape as [number, number, number, number];
  const c = c4 / 4;
  const mixed = transpose(reshape(y, [n, h, w, 4, c]), [0, 1, 2, 4, 3]);
  const blocks = reshape(matMul(reshape(mixed, [-1, 4]), tensor(HAAR, [4, 4])), [n, h, w, c, 2, 2]);
  return reshape(transpose(blocks, [0, 1, 4, 2, 5, 3]), [n, 2 * h, 2 * w, c]);
}

/** The Haar squeeze as a layer: orthonormal, so logdet = 0 and the transpose is the inverse. */
export const haarSqueeze: Layer = {
  init: () => ({}),
  forward: (_params, x) => ({ y: haar(x), logdet: zeros([x.shape[0]]) }),
  inverse: (_params, y) => inverseHaar(y),
  backward: (_params, y, { dy }) => ({ x: inverseHaar(y), dx: inverseHaar(dy), dparams: {} }),
  pullback: (_params, x, dx) => ({ y: haar(x), dy: haar(dx) }),
};
