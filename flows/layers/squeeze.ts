import { matMul, reshape, type Tensor, tensor, transpose, zeros } from "../../core/engine/mod.ts";
import type { Layer } from "./layer.ts";

/** Trades resolution for channels, [n, h, w, c] <-> [n, h/2, w/2, 4c], orthonormal: logdet = 0. */
export interface Squeeze {
  squeeze(x: Tensor): Tensor;
  unsqueeze(y: Tensor): Tensor;
}

/** Rows: average, horizontal, vertical and diagonal detail of a 2 x 2 block; orthonormal and symmetric. */
const HAAR = Float32Array.of(1, 1, 1, 1, 1, -1, 1, -1, 1, 1, -1, -1, 1, -1, -1, 1).map((v) => v / 2);

/** Haar transform of 2 x 2 blocks; channels 0 to c-1 are the averages. */
export const haar: Squeeze = {
  squeeze: (x) => merge(mix(blocks(x))),
  unsqueeze: (y) => unblock(mix(unmerge(y))),
};

/** The pixels of 2 x 2 blocks as they are (space to depth; Dinh, Sohl-Dickstein, Bengio 2017). */
export const pixels: Squeeze = {
  squeeze: (x) => merge(blocks(x)),
  unsqueeze: (y) => unblock(unmerge(y)),
};

/** A squeeze as a layer: orthonormal, so the transpose is the inverse. */
export function squeezeLayer({ squeeze, unsqueeze }: Squeeze): Layer {
  return {
    init: () => ({}),
    forward: (_params, x) => ({ y: squeeze(x), logdet: zeros([x.shape[0]]) }),
    inverse: (_params, y) => unsqueeze(y),
    backward: (_params, y, { dy }) => ({ x: unsqueeze(y), dx: unsqueeze(dy), dparams: {} }),
    pullback: (_params, x, { dx }) => ({ y: squeeze(x), logdet: zeros([x.shape[0]]), dy: squeeze(dx) }),
  };
}

type Shape4 = [number, number, number, number];
type Shape5 = [number, number, number, number, number];

/** [n, h, w, c] -> [n, h/2, w/2, c, 4]: the pixels of each block. */
function blocks(x: Tensor): Tensor {
  const [n, h, w, c] = x.shape as Shape4;
  const split = transpose(reshape(x, [n, h / 2, 2, w / 2, 2, c]), [0, 1, 3, 5, 2, 4]);
  return reshape(split, [n, h / 2, w / 2, c, 4]);
}

function unblock(x: Tensor): Tensor {
  const [n, h, w, c] = x.shape as Shape5;
  return reshape(transpose(reshape(x, [n, h, w, c, 2, 2]), [0, 1, 4, 2, 5, 3]), [n, 2 * h, 2 * w, c]);
}

function mix(x: Tensor): Tensor {
  return reshape(matMul(reshape(x, [-1, 4]), tensor(HAAR, [4, 4])), x.shape);
}

/** [n, h, w, c, 4] -> [n, h, w, 4c], like entries of the blocks side by side. */
function merge(x: Tensor): Tensor {
  const [n, h, w, c] = x.shape as Shape5;
  return reshape(transpose(x, [0, 1, 2, 4, 3]), [n, h, w, 4 * c]);
}

function unmerge(y: Tensor): Tensor {
  const [n, h, w, c4] = y.shape as Shape4;
  return transpose(reshape(y, [n, h, w, 4, c4 / 4]), [0, 1, 2, 4, 3]);
}
