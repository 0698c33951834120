import type { Space } from "../contracts/vector.ts";
import { cholesky, lowerSolve, upperSolve } from "../linalg/mod.ts";
import { sizeOf } from "../base/shape.ts";
import type { Pairs } from "./simulate.ts";

/** An estimate of the unknown from a summary alone. */
export type PointEstimator = (summary: Float32Array) => Float64Array;

/** Pairs that a regression takes at most, and its ridge as a fraction of the summary's variance. */
const MOST_PAIRS = 2000, RIDGE = 1e-3;

/**
 * The linear regression of unknowns on summaries, fitted to training pairs. If both are images, it is one factor per
 * row. Otherwise every component depends on all others. If summaries are moments, their mean is the estimate. The
 * estimate is a fixed function of the data and does not depend on the flow.
 */
export function linearEstimator(
  pairs: Pairs,
  { x, y }: { x: Space; y: Space },
): PointEstimator {
  if (y.kind === "moments") return (summary) => Float64Array.from(summary.subarray(0, sizeOf(x)));
  const n = Math.min(pairs.n, MOST_PAIRS), size = sizeOf(y);
  const summaries = Float64Array.from(
    { length: n * size },
    (_, k) => pairs.signal[k] + pairs.noise[k],
  );
  const unknowns = pairs.x.subarray(0, n * sizeOf(x));
  return x.kind === "image" && y.kind === "image"
    ? rowFactors(unknowns, summaries, { size, width: x.shape[1] })
    : ridge(unknowns, summaries, { n, size });
}

function rowFactors(
  x: Float32Array,
  y: Float64Array,
  { size, width }: { size: number; width: number },
): PointEstimator {
  const along = new Float64Array(size / width), square = new Float64Array(size / width);
  for (let k = 0; k < y.length; k++) {
    const row = Math.floor(k % size / width);
    along[row] += x[k] * y[k];
    square[row] += y[k] ** 2;
  }
  const factor = along.map((v, row) => square[row] > 0 ? v / square[row] : 0);
  return (summary) => Float64Array.from(summary, (v, i) => factor[Math.floor(i / width)] * v);
}

/** `mean_x + C_xy (C_yy + r diag C_yy)^-1 (y - mean_y)`. */
function ridge(
  x: Float32Array,
  y: Float64Array,
  { n, size }: { n: number; size: number },
): PointEstimator {
  const xSize = x.length / n, xMean = meanOf(x, xSize), yMean = meanOf(y, size);
  const gram = new Float64Array(size * size), cross = new Float64Array(xSize * size);
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < size; i++) {
      const yi = y[k * size + i] - yMean[i];
      for (let j = 0; j <= i; j++) gram[i * size + j] += yi * (y[k * size + j] - yMean[j]);
      for (let j = 0; j < xSize; j++) cross[j * size + i] += yi * (x[k * xSize + j] - xMean[j]);
    }
  }
  for (let i = 0; i < size; i++) gram[i * (size + 1)] = (1 + RIDGE) * gram[i * (size + 1)] || 1;
  const l = cholesky(gram);
  const rows = Array.from(
    { length: xSize },
    (_, j) => upperSolve(l, lowerSolve(l, cross.subarray(j * size, (j + 1) * size))),
  );
  return (summary) =>
    Float64Array.from(
      rows,
      (row, j) => xMean[j] + row.reduce((s, a, i) => s + a * (summary[i] - yMean[i]), 0),
    );
}

function meanOf(values: ArrayLike<number>, size: number): Float64Array {
  const mean = new Float64Array(size), n = values.length / size;
  for (let k = 0; k < values.length; k++) mean[k % size] += values[k] / n;
  return mean;
}
