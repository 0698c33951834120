import type { Vector } from "../../core/contracts/vector.ts";

/**
 * How a padded wavefield lies in memory: the model, a sponge around it, and a halo of zeros as wide as the stencil.
 * Rows are computed two at a time and columns four at a time, so there may be dead cells at the edges; their
 * coefficients are 0 and they stay 0. The halo at the left of a row is the tail of the row above.
 */
export interface Layout {
  readonly shape: readonly [number, number];
  readonly sponge: number;
  readonly radius: number;
  /** Computed rows and columns, and cells from one row to the next. */
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
  /** Cells of a wavefield, and the first computed one. */
  readonly size: number;
  readonly origin: number;
  /** The part where dm may be non-zero, stored densely as [rows, columns]: its first cell in the wavefield. */
  readonly window: {
    readonly mute: number;
    readonly start: number;
    readonly rows: number;
    readonly columns: number;
  };
}

/** Lays out a model of `shape` [nz, nx] with its first `mute` rows kept free of dm. */
export function layoutOf(
  { shape, sponge, radius, mute }: Pick<Layout, "shape" | "sponge" | "radius"> & { mute: number },
): Layout {
  const [nz, nx] = shape;
  const left = up(sponge, 4); // so that column 0 of the model begins a vector of four
  const rows = up(nz + 2 * sponge, 2), columns = up(left + nx + sponge, 4);
  const dense = up(columns + radius, 4);
  const stride = dense % 64 === 0 ? dense + 4 : dense; // powers of two share cache sets
  const origin = up(radius * stride + radius, 4);
  return {
    shape,
    sponge,
    radius,
    rows,
    columns,
    stride,
    size: origin + (rows + radius) * stride,
    origin,
    window: { mute, start: origin + (sponge + mute) * stride + left, rows: nz - mute, columns: up(nx, 4) },
  };
}

/** Flat index of model cell (z, x), which may lie in the sponge; undefined outside of it. */
export function cellOf(layout: Layout, [z, x]: readonly [number, number]): number | undefined {
  const { shape: [nz, nx], sponge, window, stride } = layout;
  if (z < -sponge || z >= nz + sponge || x < -sponge || x >= nx + sponge) return undefined;
  return window.start + (z - window.mute) * stride + x;
}

function up(n: number, multiple: number): number {
  return Math.ceil(n / multiple) * multiple;
}

/** A model vector, flat [z, x], as the window's dense cells: muted rows are left out, filling columns are 0. */
export function toWindow<V extends Vector>({ shape: [, nx], window }: Layout, x: V, dense: V): V {
  for (let z = 0; z < window.rows; z++) {
    const row = (z + window.mute) * nx;
    dense.set(x.subarray(row, row + nx), z * window.columns);
  }
  return dense;
}

/** The window's dense cells as a model vector, 0 in muted rows: the transpose of `toWindow`. */
export function fromWindow<V extends Vector>({ shape: [, nx], window }: Layout, dense: V, x: V): V {
  for (let z = 0; z < window.rows; z++) {
    const row = z * window.columns;
    x.set(dense.subarray(row, row + nx), (z + window.mute) * nx);
  }
  return x;
}
