import type { Wavelet } from "../../core/contracts/operator.ts";
import type { Vector } from "../../core/contracts/vector.ts";
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
  /** `k amplitude / dt^2`: a unit of x times a kept second difference of u, as a source. */
  readonly scattering: number;
  /** Change of the squared slowness [s^2/m^2] of x = 1, and dt^2 [s^2]. */
  readonly amplitude: number;
  readonly dt2: number;
  /** Rows of the sources, times their weight / (dz dx): delta functions on the grid. */
  readonly sources: SparseRows;
  /** Rows of the receivers of one spread for all shots, or of one spread per source, one after another. */
  readonly receivers: SparseRows;
  /** Receivers of a spread. */
  readonly spread: number;
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
  /** Factor on each source's wavelet; 1 unless given. */
  readonly sourceWeights?: readonly number[];
  /** One spread for all shots, or one per source of equally many receivers. */
  readonly receivers: readonly (readonly Position[])[];
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
  const delta = 1 / (grid.spacing[0] * grid.spacing[1]), dt2 = wavelet.dt ** 2;
  const weights = geometry.sources.map((_, i) => (geometry.sourceWeights?.[i] ?? 1) * delta);
  return {
    layout,
    order,
    laplacian: laplacianCoefficients(order, grid),
    ...stepCoefficients(geometry, layout),
    scattering: every * amplitude / dt2,
    amplitude,
    dt2,
    sources: scaleRows(pointRows(geometry.sources, { grid, layout }), weights),
    receivers: pointRows(geometry.receivers.flat(), { grid, layout }),
    spread: geometry.receivers[0].length,
    wavelet: wavelet.samples,
    every,
  };
}

/**
 * `A C` of the medium m0 + amplitude x: in the window, where A = 1, `dt^2 / (m0 + amplitude x)`. The sponge and
 * muted rows keep m0, so that the derivative at x = 0 is J.
 */
export function mediumOf({ layout, AC, amplitude, dt2 }: Setting, x: Vector): Float64Array {
  const { shape: [, nx], stride, window } = layout, out = AC.slice();
  for (let z = 0; z < window.rows; z++) {
    for (let column = 0; column < nx; column++) {
      const cell = window.start + z * stride + column;
      out[cell] = dt2 / (dt2 / AC[cell] + amplitude * x[(z + window.mute) * nx + column]);
    }
  }
  return out;
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
export function windowOf({ shape: [, nx], stride, window }: Layout, field: Float64Array): Float64Array {
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

function scaleRows(rows: SparseRows, factors: readonly number[]): SparseRows {
  const weights = rows.weights.slice();
  factors.forEach((factor, row) => {
    for (let i = rows.starts[row]; i < rows.starts[row + 1]; i++) weights[i] *= factor;
  });
  return { ...rows, weights };
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
