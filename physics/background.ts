import type { Grid } from "./grid.ts";

/** Velocity [m/s] that is constant, or grows linearly from the sea floor (or the surface) to the last row. */
export type Background =
  & { readonly water?: { readonly depth: number; readonly velocity: number } }
  & (
    | { readonly kind: "constant"; readonly velocity: number }
    | { readonly kind: "gradient"; readonly top: number; readonly bottom: number }
  );

/** Rows of cells that lie above the sea floor. */
export function waterRows(background: Background, { spacing }: Grid): number {
  return Math.round((background.water?.depth ?? 0) / spacing[0]);
}

/** The background's velocity [m/s], flat [z, x]. */
export function velocityModel(background: Background, grid: Grid): Float64Array {
  const [nz, nx] = grid.shape, water = waterRows(background, grid);
  const velocity = new Float64Array(nz * nx);
  for (let z = 0; z < nz; z++) velocity.fill(rowVelocity(background, { z, water, nz }), z * nx, (z + 1) * nx);
  return velocity;
}

function rowVelocity(
  background: Background,
  { z, water, nz }: { z: number; water: number; nz: number },
): number {
  if (background.water && z < water) return background.water.velocity;
  if (background.kind === "constant") return background.velocity;
  const fraction = (z - water) / Math.max(1, nz - 1 - water);
  return background.top + (background.bottom - background.top) * fraction;
}

/** Smallest and largest velocity [m/s] of the background. */
export function velocityRange(background: Background): [number, number] {
  const rock = background.kind === "constant" ? [background.velocity] : [background.top, background.bottom];
  const all = background.water ? [...rock, background.water.velocity] : rock;
  return [Math.min(...all), Math.max(...all)];
}
