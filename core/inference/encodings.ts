import type { Encoding } from "../contracts/spec.ts";
import { fold, type Key, normals64, permutation } from "../base/random.ts";

/** The weights of a survey's sources in the simultaneous source of each step. */
type Encodings = (step: number) => Float64Array;

/**
 * The simultaneous source of each step. `orthogonal`: rows of a random orthogonal matrix, so that n steps see exactly
 * the misfit of all data. `shots`: the single sources, orthogonal as well. `gaussian-fixed`: n vectors randn /
 * sqrt(n), as published; they are ill-conditioned, because their Gram matrix is far from the identity. Each of these
 * three consists of n sources. All of them occur in every n steps, in a new order each time. A fraction `holdout` of
 * them is set aside and never used in a step. `gaussian-fresh`: randn / sqrt(n), drawn anew in every step; each draw
 * costs a background.
 */
export function encodings(
  kind: Encoding,
  { n, holdout = 0, key }: { n: number; holdout?: number; key: Key },
): { at: Encodings; heldOut: readonly Float64Array[] } {
  const gaussian = (i: number) => normals64(fold(key, i), n).map((v) => v / Math.sqrt(n));
  if (kind === "gaussian-fresh") return { at: gaussian, heldOut: [] };
  const random = Array.from({ length: n }, (_, i) => kind === "shots" ? single(i, n) : gaussian(i));
  const rows = kind === "orthogonal" ? orthonormalize(random) : random;
  const held = heldOutOf(n, holdout), seen = n - held;
  const split = held > 0
    ? permutation(fold(key, "held out"), n)
    : Uint32Array.from({ length: n }, (_, i) => i);
  return {
    at(step) {
      const order = permutation(fold(fold(key, "order"), Math.floor(step / seen)), seen);
      return rows[split[order[step % seen]]];
    },
    heldOut: Array.from(split.subarray(seen), (i) => rows[i]),
  };
}

/** The number of sources in a fraction of n: at least one, if that leaves another. */
export function heldOutOf(n: number, holdout: number): number {
  return holdout > 0 && n > 1 ? Math.min(n - 1, Math.max(1, Math.round(holdout * n))) : 0;
}

function single(i: number, n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, j) => i === j ? 1 : 0);
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
