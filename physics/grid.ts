/** A regular 2-D model grid: `shape` [nz, nx] in cells, `spacing` [dz, dx] in metres; cell (0, 0) lies at z = x = 0. */
export interface Grid {
  readonly shape: readonly [number, number];
  readonly spacing: readonly [number, number];
}

/** A place in the model, [z, x] in metres. */
export type Position = readonly [number, number];

/** Part of a cell by which places may differ and be the same: written decimals and products of spacings are rounded. */
const SAME = 1e-6;

/** Distance from the first to the last cell along each axis, [z, x] in metres. */
export function extentOf({ shape, spacing }: Grid): [number, number] {
  return [(shape[0] - 1) * spacing[0], (shape[1] - 1) * spacing[1]];
}

/** The deepest place and the farthest one along that count as inside, [z, x] in metres. */
export function limitsOf(grid: Grid): [number, number] {
  const [depth, width] = extentOf(grid), { spacing: [dz, dx] } = grid;
  return [depth + SAME * dz, width + SAME * dx];
}

/** Whether a place lies between the grid's first and last cells, or beyond them by no more than rounding. */
export function isInside([z, x]: Position, grid: Grid): boolean {
  const [deepest, farthest] = limitsOf(grid), { spacing: [dz, dx] } = grid;
  return z >= -SAME * dz && z <= deepest && x >= -SAME * dx && x <= farthest;
}

/** A place inside; one that rounding moved beyond the edge lies on it. */
export function onGrid(position: Position, grid: Grid): Position {
  if (!isInside(position, grid)) return position;
  const [z, x] = position, [depth, width] = extentOf(grid);
  return [Math.min(Math.max(z, 0), depth), Math.min(Math.max(x, 0), width)];
}

/** The row whose top, half a cell above its centre, is nearest below a depth [m]. */
export function rowAt(depth: number, { spacing: [dz] }: Grid): number {
  return Math.floor(depth / dz + 0.5 + SAME);
}
