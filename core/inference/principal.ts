import { productTransposed } from "../linalg/mod.ts";

/** Rounds of subspace iteration: leading directions need no digits here. */
const ROUNDS = 6;

/**
 * The leading principal components of centred rows, flat [n, size], by subspace iteration (Golub and Van Loan 2013,
 * Matrix Computations, sec. 8.2.4) from `starts`, flat [count, size]: orthonormal directions, flat [count, size], and
 * the variance along each.
 */
export function principalComponents(
  rows: Float64Array,
  { size, starts }: { size: number; starts: Float64Array },
): { directions: Float64Array; variances: Float64Array } {
  const n = rows.length / size, count = starts.length / size, columns = transposed(rows, size);
  let directions = orthonormal(starts, size);
  for (let round = 0; round < ROUNDS; round++) {
    const along = productTransposed(directions, rows, size); // [count, n]
    directions = orthonormal(productTransposed(along, columns, n), size);
  }
  const along = productTransposed(directions, rows, size);
  const variances = Float64Array.from(
    { length: count },
    (_, j) => along.subarray(j * n, (j + 1) * n).reduce((sum, v) => sum + v * v / n, 0),
  );
  return { directions, variances };
}

function transposed(rows: Float64Array, size: number): Float64Array {
  const n = rows.length / size, out = new Float64Array(rows.length);
  for (let k = 0; k < n; k++) for (let i = 0; i < size; i++) out[i * n + k] = rows[k * size + i];
  return out;
}

/** Modified Gram-Schmidt on the rows, twice for orthogonality to rounding; a row that vanishes stays 0. */
function orthonormal(rows: Float64Array, size: number): Float64Array {
  const out = rows.slice(), row = (j: number) => out.subarray(j * size, (j + 1) * size);
  for (let j = 0; j < out.length / size; j++) {
    const v = row(j);
    for (let sweep = 0; sweep < 2; sweep++) {
      for (let k = 0; k < j; k++) {
        const q = row(k), along = v.reduce((sum, x, i) => sum + x * q[i], 0);
        for (let i = 0; i < size; i++) v[i] -= along * q[i];
      }
    }
    const norm = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
    if (norm > 0) { for (let i = 0; i < size; i++) v[i] /= norm; }
  }
  return out;
}
