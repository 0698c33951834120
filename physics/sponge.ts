/** An absorbing layer of `cells` on every side of the model; 0 cells is no layer (the field is zero outside). */
export interface Sponge {
  readonly cells: number;
}

/** Largest damping per time step, at the layer's outer edge: the best of a scan for 40 cells and a cubic profile. */
const STRENGTH = 0.06;

/**
 * Damping `D f` of a cell `distance` [cells] away from the model: `D (distance / cells)^3`, 0 in the model. It acts
 * on u_t, so `A = 1/(1 + D f)` (Cerjan, Kosloff, Kosloff, Reshef 1985, Geophysics 50, 705-708, is the idea; theirs
 * multiplies the fields).
 */
export function spongeDamping(distance: number, { cells }: Sponge): number {
  return distance <= 0 ? 0 : STRENGTH * (distance / cells) ** 3;
}
