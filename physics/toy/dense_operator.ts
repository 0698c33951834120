import type { LinearOperator } from "../../core/contracts/operator.ts";
import type { Space, Vector } from "../../core/contracts/vector.ts";
import { rowwise } from "../../core/linalg/mod.ts";
import { sizeOf } from "../../core/base/shape.ts";

/** A dense matrix, flat [rows, columns], as an operator; sums run in f64. */
export function denseOperator(
  matrix: Vector,
  { domain, range }: { domain: Space; range: Space },
): LinearOperator {
  const rows = sizeOf(range), columns = sizeOf(domain);
  return {
    domain,
    range,
    forward: rowwise((x) => {
      const out = new Float64Array(rows);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) out[i] += matrix[i * columns + j] * x[j];
      }
      return like(x, out);
    }),
    adjoint: rowwise((y) => {
      const out = new Float64Array(columns);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) out[j] += matrix[i * columns + j] * y[i];
      }
      return like(y, out);
    }),
  };
}

function like(model: Vector, values: Float64Array): Vector {
  return model instanceof Float64Array ? values : new Float32Array(values);
}
