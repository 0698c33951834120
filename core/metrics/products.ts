import { productTransposed } from "../linalg/mod.ts";

/** A matrix, flat in C order. */
export interface Matrix {
  readonly values: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/** `A B^T`. */
export function product(a: Matrix, b: Matrix): Matrix {
  return { values: productTransposed(a.values, b.values, a.columns), rows: a.rows, columns: b.rows };
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
