/** Dense matrices as flat Float64Arrays in C order: products, Cholesky factors and triangular solves, in blocks. */

import { Uncomputable } from "../base/uncomputable.ts";

/** Columns of a block: 64 rows of 256 columns stay in the second-level cache. */
const ROWS = 64, DEPTH = 256;

/** Half-open. */
type Range = readonly [number, number];

interface Panel {
  readonly values: Float64Array;
  /** Columns of the matrix. */
  readonly n: number;
}

/**
 * `C[i, j] += alpha sum_k A[i, k] B[j, k]` for rows i, columns j, and k in the half-open ranges given. The rows of
 * B are copied to a compact panel first: rows that lie a power of two apart would evict each other from the cache.
 */
function accumulate(
  c: Panel,
  { a, b, alpha }: { a: Panel; b: Panel; alpha: number },
  { rows, columns, depth }: { rows: Range; columns: Range; depth: Range },
): void {
  for (let j0 = columns[0]; j0 < columns[1]; j0 += ROWS) {
    const j1 = Math.min(j0 + ROWS, columns[1]);
    for (let k0 = depth[0]; k0 < depth[1]; k0 += DEPTH) {
      const k1 = Math.min(k0 + DEPTH, depth[1]), width = k1 - k0;
      const panel = new Float64Array((j1 - j0) * width);
      for (let j = j0; j < j1; j++) {
        panel.set(b.values.subarray(j * b.n + k0, j * b.n + k1), (j - j0) * width);
      }
      multiplyPanel(c, { a, panel, alpha }, { rows, columns: [j0, j1], k0, width });
    }
  }
}

/** Blocks of 2 x 4 inner products keep eight sums and six factors in registers. */
function multiplyPanel(
  { values: C, n: cn }: Panel,
  { a: { values: A, n: an }, panel, alpha }: { a: Panel; panel: Float64Array; alpha: number },
  { rows: [i0, i1], columns: [j0, j1], k0, width }: {
    rows: Range;
    columns: Range;
    k0: number;
    width: number;
  },
): void {
  for (let i = i0; i < i1; i += 2) {
    const a0 = i * an + k0, a1 = i + 1 < i1 ? a0 + an : a0;
    for (let j = j0; j < j1; j += 4) {
      const left = j1 - j, b0 = (j - j0) * width;
      const b1 = left > 1 ? b0 + width : b0, b2 = left > 2 ? b1 + width : b0, b3 = left > 3 ? b2 + width : b0;
      let s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0;
      for (let k = 0; k < width; k++) {
        const x0 = A[a0 + k], x1 = A[a1 + k];
        const y0 = panel[b0 + k], y1 = panel[b1 + k], y2 = panel[b2 + k], y3 = panel[b3 + k];
        s00 += x0 * y0;
        s01 += x0 * y1;
        s02 += x0 * y2;
        s03 += x0 * y3;
        s10 += x1 * y0;
        s11 += x1 * y1;
        s12 += x1 * y2;
        s13 += x1 * y3;
      }
      const at = i * cn + j;
      C[at] += alpha * s00;
      if (left > 1) C[at + 1] += alpha * s01;
      if (left > 2) C[at + 2] += alpha * s02;
      if (left > 3) C[at + 3] += alpha * s03;
      if (a1 === a0) continue;
      C[at + cn] += alpha * s10;
      if (left > 1) C[at + cn + 1] += alpha * s11;
      if (left > 2) C[at + cn + 2] += alpha * s12;
      if (left > 3) C[at + cn + 3] += alpha * s13;
    }
  }
}

/** Side of a matrix of `length` values that must be square. */
export function sideOf({ length }: Float64Array): number {
  const n = Math.round(Math.sqrt(length));
  if (n * n !== length) {
    throw new Error(`A matrix of ${length} values is not square: it must have n^2 values`);
  }
  return n;
}

/** `A B^T` of square matrices; where B is upper triangular, its zeros are skipped. */
export function multiplyTransposed(
  a: Float64Array,
  b: Float64Array,
  { upper = false }: { upper?: boolean } = {},
): Float64Array {
  const n = sideOf(a), c = new Float64Array(n * n);
  for (let j = 0; j < n; j += ROWS) {
    accumulate({ values: c, n }, { a: { values: a, n }, b: { values: b, n }, alpha: 1 }, {
      rows: [0, n],
      columns: [j, Math.min(j + ROWS, n)],
      depth: [upper ? j : 0, n],
    });
  }
  return c;
}

/** `A B^T` of matrices with `depth` columns, flat [rows, columns]. */
export function productTransposed(a: Float64Array, b: Float64Array, depth: number): Float64Array {
  const rows = a.length / depth, columns = b.length / depth, values = new Float64Array(rows * columns);
  accumulate({ values, n: columns }, { a: { values: a, n: depth }, b: { values: b, n: depth }, alpha: 1 }, {
    rows: [0, rows],
    columns: [0, columns],
    depth: [0, depth],
  });
  return values;
}

/** `A^T` of a square matrix. */
export function transpose(a: Float64Array): Float64Array {
  const n = sideOf(a), out = new Float64Array(n * n);
  for (let i0 = 0; i0 < n; i0 += 32) {
    for (let j0 = 0; j0 < n; j0 += 32) {
      for (let i = i0; i < Math.min(i0 + 32, n); i++) {
        for (let j = j0; j < Math.min(j0 + 32, n); j++) out[j * n + i] = a[i * n + j];
      }
    }
  }
  return out;
}

/** `A x` of a matrix with as many columns as x has values. */
export function multiplyVector(a: Float64Array, x: Float64Array): Float64Array {
  const n = x.length;
  return Float64Array.from({ length: a.length / n }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += a[i * n + j] * x[j];
    return sum;
  });
}

/**
 * Lower triangular L with `A = L L^T` of a symmetric positive definite matrix (its lower triangle is read), by
 * block columns from the left (Golub and Van Loan 2013, Matrix Computations, sec. 4.2).
 */
export function cholesky(a: Float64Array): Float64Array {
  const n = sideOf(a), values = a.slice(), L = { values, n };
  for (let i = 0; i < n; i++) values.fill(0, i * n + i + 1, (i + 1) * n);
  for (let j0 = 0; j0 < n; j0 += ROWS) {
    const columns: Range = [j0, Math.min(j0 + ROWS, n)];
    accumulate(L, { a: L, b: L, alpha: -1 }, { rows: [j0, n], columns, depth: [0, j0] });
    for (let i = j0; i < n; i++) {
      substitute(L, { by: L, row: i, columns: [j0, Math.min(i, columns[1])] });
      if (i < columns[1]) values[i * n + i] = pivot(values, { i, n, from: j0 });
    }
    // The update also reached the block's upper triangle.
    for (let i = j0; i < columns[1]; i++) values.fill(0, i * n + i + 1, i * n + columns[1]);
  }
  return values;
}

function pivot(values: Float64Array, { i, n, from }: { i: number; n: number; from: number }): number {
  let square = values[i * n + i];
  for (let k = from; k < i; k++) square -= values[i * n + k] ** 2;
  if (square > 0) return Math.sqrt(square);
  throw new Uncomputable(
    `The matrix is not positive definite: pivot ${i} of ${n} is ${square}, it must be above 0`,
  );
}

/** Solves `x L^T = x` in place for a row of X and the given columns, earlier columns accounted for. */
function substitute(
  { values: x, n: xn }: Panel,
  { by: { values: l, n }, row, columns: [j0, j1] }: { by: Panel; row: number; columns: Range },
): void {
  for (let j = j0; j < j1; j++) {
    let sum = x[row * xn + j];
    for (let k = j0; k < j; k++) sum -= x[row * xn + k] * l[j * n + k];
    x[row * xn + j] = sum / l[j * n + j];
  }
}

/** `X L^-T` of square matrices, L lower triangular. */
export function solveTransposed(x: Float64Array, l: Float64Array): Float64Array {
  const n = sideOf(l), out = { values: x.slice(), n }, by = { values: l, n };
  for (let j0 = 0; j0 < n; j0 += ROWS) {
    const columns: Range = [j0, Math.min(j0 + ROWS, n)];
    accumulate(out, { a: out, b: by, alpha: -1 }, { rows: [0, n], columns, depth: [0, j0] });
    for (let row = 0; row < n; row++) substitute(out, { by, row, columns });
  }
  return out.values;
}

/** `L^-1 b`, L lower triangular. */
export function lowerSolve(l: Float64Array, b: Float64Array): Float64Array {
  const n = b.length, x = b.slice();
  substitute({ values: x, n }, { by: { values: l, n }, row: 0, columns: [0, n] });
  return x;
}

/** `L^-T b`, L lower triangular. */
export function upperSolve(l: Float64Array, b: Float64Array): Float64Array {
  const n = b.length, x = b.slice();
  for (let i = n - 1; i >= 0; i--) {
    x[i] /= l[i * n + i];
    for (let k = 0; k < i; k++) x[k] -= l[i * n + k] * x[i];
  }
  return x;
}

/** `log det(L L^T)`. */
export function logDeterminant(l: Float64Array): number {
  const n = sideOf(l);
  let sum = 0;
  for (let i = 0; i < n; i++) sum += 2 * Math.log(l[i * n + i]);
  return sum;
}
