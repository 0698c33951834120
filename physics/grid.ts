/** A regular 2-D model grid: `shape` [nz, nx] in cells, `spacing` [dz, dx] in metres; cell (0, 0) lies at z = x = 0. */
export interface Grid {
  readonly shape: readonly [number, number];
  readonly spacing: readonly [number, number];
}

/** Distance from the first to the last cell along each axis, [z, x] in metres. */
export function extentOf({ shape, spacing }: Grid): [number, number] {
  return [(shape[0] - 1) * spacing[0], (shape[1] - 1) * spacing[1]];
}
