import { add, dispose, joinChannels, matMul, read, scope, tensor, transpose } from "../engine/mod.ts";
import { inBlocks, type Tiled, tileTensor } from "./tiles.ts";

/** `A x` of vectors x in a row, flat [count, n], for a symmetric A. */
export async function multiplySymmetricTiled(a: Tiled, x: Float32Array): Promise<Float32Array> {
  const product = scope(() => {
    const parts = inBlocks(tensor(x, [x.length / a.n, a.n]));
    const rows = parts.map((_, i) =>
      parts.map((part, j) =>
        i >= j ? matMul(part, transpose(tileTensor(a, i, j))) : matMul(part, tileTensor(a, j, i))
      ).reduce((sum, term) => add(sum, term))
    );
    return joinChannels(rows);
  });
  const values = await read(product);
  dispose({ product });
  return values;
}
