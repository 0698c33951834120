import type { Wavelet } from "../../core/contracts/operator.ts";
import { pointWeights, type Position } from "../acquisition.ts";
import type { Grid } from "../grid.ts";
import { type Sponge, spongeDamping } from "../sponge.ts";
import { type Order, secondDerivative } from "../stencil.ts";
import { cellOf, type Layout, layoutOf } from "./layout.ts";

/** A sparse matrix by rows (CSR): row r has the entries `starts[r]` to `starts[r + 1]`; indices are padded cells. */
export interface SparseRows {
  readonly starts: Uint32Array;
  readonly indices: Uint32Array;
  readonly weights: Float64Array;
}

/** All that a propagator needs to know, as plain data that can be posted to a worker. */
export interface Setting {
  readonly layout: Layout;
  readonly order: Order;
  /** `[c0 (1/dz^2 + 1/dx^2), c1/dx^2 .. cr/dx^2, c1/dz^2 .. cr/dz^2]` of the Laplacian. */
  readonly laplacian: Float64Array;
  /** `2A` and `A C = A v^2 dt^2`, padded; 0 in dead cells. */
  readonly A2: Float64Array;
  readonly AC: Float64Array;
  /** `A v^2 k amplitude` in the window: takes x times the second difference of u to the Born source. */
  readonly scatter: Float64Array;
  /** `-k amplitude / dt^2`: takes the sum of second difference times adjoint field to the image. */
  readonly imaging: number;
  /** Rows: sources, with A C / (dz dx) (a delta function on the grid); receivers, plain and with A C. */
  readonly sources: SparseRows;
  readonly receivers: SparseRows;
  readonly receiversAC: SparseRows;
  /** Source time function, one value a step; as many steps as samples. */
  readonly wavelet: Float64Array;
  /** k: every k-th second difference of the background is kept. */
  readonly every: number;
}

/** The physical description of a survey; see `bornSurvey`. */
export interface Geometry {
  readonly grid: Grid;
  /** Velocity [m/s], flat [z, x]. */
  readonly velocity: Float64Array;
  readonly sources: readonly Position[];
  readonly receivers: readonly Position[];
  readonly wavelet: Wavelet;
  readonly order: Order;
  readonly sponge: Sponge;
  /** Rows at the top that are kept free of dm. */
  readonly muteRows: number;
  /** dm [s^2/m^2] of x = 1. */
  readonly amplitude: number;
  readonly every: number;
}

/** Discretizes a geometry. */
export function settingOf(geometry: Geometry): Setting {
  const { grid, order, sponge, muteRows: mute, wavelet, amplitude, every } = geometry;
  const layout = layoutOf({ shape: grid.shape, sponge: sponge.cells, radius: order / 2, mute });
  const { A2, AC } = stepCoefficients(geometry, layout);
  const receivers = pointRows(geometry.receivers, { grid, layout });
  const sources = pointRows(geometry.sources, { grid, layout });
  const delta = 1 / (grid.spacing[0] * grid.spacing[1]);
  return {
    layout,
    order,
    laplacian: laplacianCoefficients(order, grid),
    A2,
    AC,
    scatter: windowOf(layout, AC).map((ac) => ac / wavelet.dt ** 2 * every * amplitude),
    imaging: -every * amplitude / wavelet.dt ** 2,
    sources: weighRows(sources, AC.map((ac) => ac * delta)),
    receivers,
    receiversAC: weighRows(receivers, AC),
    wavelet: wavelet.samples,
    every,
  };
}

function laplacianCoefficients(order: Order, { spacing: [dz, dx] }: Grid): Float64Array {
  const c = secondDerivative(order), side = c.subarray(1);
  return Float64Array.of(
    c[0] * (dz ** -2 + dx ** -2),
    ...side.map((v) => v / dx ** 2),
    ...side.map((v) => v / dz ** 2),
  );
}

/** `2A` and `A C` on the padded grid; the velocity continues into the sponge as it is at the model's edge. */
function stepCoefficients({ grid, velocity, sponge, wavelet }: Geometry, layout: Layout) {
  const [nz, nx] = grid.shape, n = sponge.cells;
  const A2 = new Float64Array(layout.size), AC = new Float64Array(layout.size);
  for (let z = -n; z < nz + n; z++) {
    for (let x = -n; x < nx + n; x++) {
      const distance = Math.max(-z, z - nz + 1, -x, x - nx + 1);
      const A = 1 / (1 + spongeDamping(distance, sponge));
      const v = velocity[clamp(z, nz) * nx + clamp(x, nx)];
      const i = cellOf(layout, [z, x])!;
      A2[i] = 2 * A;
      AC[i] = A * (v * wavelet.dt) ** 2;
    }
  }
  return { A2, AC };
}

function clamp(i: number, n: number): number {
  return Math.min(Math.max(i, 0), n - 1);
}

/** A padded field's values in the window, dense, 0 beyond the model's last column. */
function windowOf({ shape: [, nx], stride, window }: Layout, field: Float64Array): Float64Array {
  const dense = new Float64Array(window.rows * window.columns);
  for (let z = 0; z < window.rows; z++) {
    const row = window.start + z * stride;
    dense.set(field.subarray(row, row + nx), z * window.columns);
  }
  return dense;
}

/** One row of interpolation weights per position; cells outside of the padded grid, where u = 0, are left out. */
function pointRows(
  positions: readonly Position[],
  { grid, layout }: { grid: Grid; layout: Layout },
): SparseRows {
  const starts = [0], indices: number[] = [], weights: number[] = [];
  for (const [z, x] of positions) {
    const down = pointWeights(z / grid.spacing[0]), across = pointWeights(x / grid.spacing[1]);
    down.weights.forEach((wz, i) =>
      across.weights.forEach((wx, j) => {
        const cell = cellOf(layout, [down.first + i, across.first + j]);
        if (cell === undefined) return;
        indices.push(cell);
        weights.push(wz * wx);
      })
    );
    starts.push(indices.length);
  }
  return {
    starts: Uint32Array.from(starts),
    indices: Uint32Array.from(indices),
    weights: Float64Array.from(weights),
  };
}

function weighRows(rows: SparseRows, field: Float64Array): SparseRows {
  return { ...rows, weights: rows.weights.map((w, i) => w * field[rows.indices[i]]) };
}

/** `sum_i weights[i] row_i` as a single row: the points of a simultaneous source. */
export function combineRows(
  { starts, indices, weights }: SparseRows,
  rowWeights: Float64Array,
): Omit<SparseRows, "starts"> {
  const sum = new Map<number, number>();
  rowWeights.forEach((c, row) => {
    if (c === 0) return;
    for (let i = starts[row]; i < starts[row + 1]; i++) {
      sum.set(indices[i], (sum.get(indices[i]) ?? 0) + c * weights[i]);
    }
  });
  return { indices: Uint32Array.from(sum.keys()), weights: Float64Array.from(sum.values()) };
}
