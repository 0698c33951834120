/** Samples of a trace from which all of it follows. */
interface Interpolation {
  /** Indices of the samples, ascending. */
  readonly times: Uint32Array;
  /** T, flat [samples of a trace, times]: a trace d is `T d[times]`, up to the tolerance. */
  readonly weights: Float32Array;
}

/**
 * Samples that determine traces with the Gram matrix K, flat [n, n], by Cholesky factorization with the largest
 * pivot, until the RMS of what they leave is `tolerance` times the RMS of the traces (Harbrecht, Peters, Schneider
 * 2012, Appl. Numer. Math. 62, 428-440); `T = L L_P^-1` of the factor's rows is the least-squares interpolation.
 */
export function interpolationOf(gram: Float64Array, tolerance: number): Interpolation {
  const { columns, pivots } = pivotedCholesky(gram, tolerance), n = Math.round(Math.sqrt(gram.length));
  const times = Uint32Array.from(pivots).sort(), place = pivots.map((pivot) => times.indexOf(pivot));
  const weights = new Float32Array(n * times.length);
  for (let i = 0; i < n; i++) {
    const row = solveRow(i, { columns, pivots });
    row.forEach((weight, k) => weights[i * times.length + place[k]] = weight);
  }
  return { times, weights };
}

interface PartialFactor {
  /** Columns of L, each of all n rows. */
  readonly columns: readonly Float64Array[];
  readonly pivots: readonly number[];
}

function pivotedCholesky(gram: Float64Array, tolerance: number): PartialFactor {
  const n = Math.round(Math.sqrt(gram.length)), columns: Float64Array[] = [], pivots: number[] = [];
  const left = Float64Array.from({ length: n }, (_, i) => gram[i * n + i]);
  const limit = tolerance ** 2 * sum(left);
  while (pivots.length < n && sum(left) > limit) {
    const pivot = left.indexOf(left.reduce((a, b) => Math.max(a, b)));
    const column = gram.slice(pivot * n, (pivot + 1) * n);
    for (const earlier of columns) for (let i = 0; i < n; i++) column[i] -= earlier[i] * earlier[pivot];
    const scale = 1 / Math.sqrt(left[pivot]);
    for (let i = 0; i < n; i++) {
      column[i] *= scale;
      left[i] = Math.max(0, left[i] - column[i] ** 2);
    }
    left[pivot] = 0;
    columns.push(column);
    pivots.push(pivot);
  }
  return { columns, pivots };
}

function sum(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0);
}

/** Row i of `L L_P^-1`, by back substitution. */
function solveRow(i: number, { columns, pivots }: PartialFactor): Float64Array {
  const x = new Float64Array(pivots.length);
  for (let k = pivots.length - 1; k >= 0; k--) {
    let rest = columns[k][i];
    for (let q = k + 1; q < pivots.length; q++) rest -= x[q] * columns[k][pivots[q]];
    x[k] = rest / columns[k][pivots[k]];
  }
  return x;
}
