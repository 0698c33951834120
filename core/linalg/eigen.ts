import { sideOf } from "./dense.ts";

/** Sum of squares beside the diagonal, relative to all, at which the iteration ends; and the sweeps it may take. */
const TOLERANCE = 1e-28, SWEEPS = 30;

/** `A = V diag(values) V^T`, the largest value first; `vectors` flat [n, n], row k the vector of value k. */
interface Eigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/** Eigenvalues and vectors of a symmetric matrix by cyclic Jacobi rotations (Golub and Van Loan 2013, sec. 8.5). */
export function symmetricEigen(a: Float64Array): Eigen {
  const n = sideOf(a), A = a.slice(), V = new Float64Array(n * n);
  for (let i = 0; i < n; i++) V[i * n + i] = 1;
  const limit = TOLERANCE * A.reduce((sum, v) => sum + v * v, 0);
  for (let sweep = 0; offDiagonal(A, n) > limit; sweep++) {
    if (sweep === SWEEPS) throw new Error(`The eigenvalues of a ${n} x ${n} matrix did not settle`);
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) annihilate(A, V, { n, p, q });
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => A[j * n + j] - A[i * n + i]);
  return {
    values: Float64Array.from(order, (i) => A[i * n + i]),
    vectors: Float64Array.from({ length: n * n }, (_, k) => V[order[Math.floor(k / n)] * n + k % n]),
  };
}

function offDiagonal(A: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) sum += 2 * A[i * n + j] ** 2;
  return sum;
}

/** Rotates rows and columns p and q of A so that `A[p, q] = 0`, and the rows of V alike. */
function annihilate(
  A: Float64Array,
  V: Float64Array,
  { n, p, q }: { n: number; p: number; q: number },
): void {
  const off = A[p * n + q];
  if (off === 0) return;
  const theta = (A[q * n + q] - A[p * n + p]) / (2 * off);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1)), c = 1 / Math.hypot(t, 1);
  rotate(A, { i: p, j: q, count: n, stride: n, step: 1, c, s: t * c }); // rows
  rotate(A, { i: p, j: q, count: n, stride: 1, step: n, c, s: t * c }); // columns
  rotate(V, { i: p, j: q, count: n, stride: n, step: 1, c, s: t * c });
}

/** `x_i, x_j <- c x_i - s x_j, s x_i + c x_j` for lines i and j of a matrix: rows or columns. */
function rotate(
  x: Float64Array,
  { i, j, count, stride, step, c, s }: {
    i: number;
    j: number;
    count: number;
    stride: number;
    step: number;
    c: number;
    s: number;
  },
): void {
  for (let k = 0, at = i * stride, to = j * stride; k < count; k++, at += step, to += step) {
    const u = x[at], v = x[to];
    x[at] = c * u - s * v;
    x[to] = s * u + c * v;
  }
}
