import type { Encoding } from "../contracts/spec.ts";
import { fold, type Key, normals64, permutation } from "../random.ts";

/**
 * Source encodings of one survey of `n` sources: `n` weight vectors, each a simultaneous source.
 * `gaussian`: randn / sqrt(n), the paper's; ill-conditioned, since its Gram matrix is far from the identity.
 * `orthogonal`: rows of a random orthogonal matrix, so that one pass sees exactly the whole data's misfit.
 * `shots`: the single sources in random order, orthogonal as well.
 */
export function encodings(kind: Encoding, { n, key }: { n: number; key: Key }): Float64Array[] {
  if (kind === "shots") {
    return [...permutation(key, n)].map((i) => Float64Array.from({ length: n }, (_, j) => i === j ? 1 : 0));
  }
  const rows = Array.from({ length: n }, (_, i) => normals64(fold(key, i), n).map((v) => v / Math.sqrt(n)));
  return kind === "gaussian" ? rows : orthonormalize(rows);
}

/** Modified Gram-Schmidt, twice for orthogonality to rounding. */
function orthonormalize(rows: Float64Array[]): Float64Array[] {
  const out: Float64Array[] = [];
  for (const row of rows) {
    const v = row.slice();
    for (let sweep = 0; sweep < 2; sweep++) {
      for (const q of out) {
        const along = v.reduce((sum, vj, j) => sum + vj * q[j], 0);
        q.forEach((qj, j) => v[j] -= along * qj);
      }
    }
    const norm = Math.hypot(...v);
    out.push(v.map((vj) => vj / norm));
  }
  return out;
}

/** `sum_s weights[s] data_s`: the data that the simultaneous source would have recorded. */
export function encodeData(weights: Float64Array, data: Float32Array): Float32Array {
  const size = data.length / weights.length;
  const out = new Float64Array(size);
  weights.forEach((w, s) => {
    if (w !== 0) { for (let j = 0; j < size; j++) out[j] += w * data[s * size + j]; }
  });
  return new Float32Array(out);
}
