/** A matrix, flat in C order. */
export interface Matrix {
  readonly values: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/** `A B^T`, by blocks of 2 x 4 inner products, whose sums and factors stay in registers. */
export function product(a: Matrix, b: Matrix): Matrix {
  const [rows, columns, depth] = [a.rows, b.rows, a.columns], A = a.values, B = b.values;
  const C = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i += 2) {
    // Blocks over the edge repeat the last row or column.
    const i1 = Math.min(i + 1, rows - 1), a0 = i * depth, a1 = i1 * depth;
    for (let j = 0; j < columns; j += 4) {
      const last = columns - 1,
        j1 = Math.min(j + 1, last),
        j2 = Math.min(j + 2, last),
        j3 = Math.min(j + 3, last);
      const b0 = j * depth, b1 = j1 * depth, b2 = j2 * depth, b3 = j3 * depth;
      let s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0;
      for (let k = 0; k < depth; k++) {
        const x0 = A[a0 + k], x1 = A[a1 + k], y0 = B[b0 + k], y1 = B[b1 + k], y2 = B[b2 + k], y3 = B[b3 + k];
        s00 += x0 * y0;
        s01 += x0 * y1;
        s02 += x0 * y2;
        s03 += x0 * y3;
        s10 += x1 * y0;
        s11 += x1 * y1;
        s12 += x1 * y2;
        s13 += x1 * y3;
      }
      const c0 = i * columns, c1 = i1 * columns;
      C[c0 + j] = s00;
      C[c0 + j1] = s01;
      C[c0 + j2] = s02;
      C[c0 + j3] = s03;
      C[c1 + j] = s10;
      C[c1 + j1] = s11;
      C[c1 + j2] = s12;
      C[c1 + j3] = s13;
    }
  }
  return { values: C, rows, columns };
}

/** `A^T`. */
export function transposed({ values, rows, columns }: Matrix): Matrix {
  const out = new Float64Array(values.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j];
  }
  return { values: out, rows: columns, columns: rows };
}

/** The rows of the given indices. */
export function rowsOf({ values, columns }: Matrix, indices: Uint32Array): Matrix {
  const out = new Float64Array(indices.length * columns);
  indices.forEach((row, i) => out.set(values.subarray(row * columns, (row + 1) * columns), i * columns));
  return { values: out, rows: indices.length, columns };
}
