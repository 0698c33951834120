import type { Grid } from "./grid.ts";

/** Space orders of accuracy that the propagators are built for. */
export const ORDERS = [4, 8, 12, 16] as const;
export type Order = (typeof ORDERS)[number];

/**
 * Centred coefficients `c[0..r]`, r = order/2, of the second derivative on a unit grid,
 * `u'' ~ c[0] u_i + sum_k c[k] (u_{i-k} + u_{i+k})`:
 * `c[k] = 2 (-1)^(k+1) (r!)^2 / (k^2 (r-k)! (r+k)!)`, `c[0] = -2 sum_k c[k]` (Fornberg 1988,
 * Mathematics of Computation 51, 699-706).
 */
export function secondDerivative(order: Order): Float64Array {
  const r = order / 2, c = new Float64Array(r + 1);
  let ratio = 1; // (r!)^2 / ((r-k)! (r+k)!)
  for (let k = 1; k <= r; k++) {
    ratio *= (r - k + 1) / (r + k);
    c[k] = (k % 2 ? 2 : -2) * ratio / k ** 2;
    c[0] -= 2 * c[k];
  }
  return c;
}

/** `-h^2` times the symbol of the second derivative at wavenumber `theta` = kappa h in (0, pi]. */
function symbol(c: Float64Array, theta: number): number {
  return c.reduce((sum, ck, k) => k === 0 ? sum : sum + 2 * ck * (1 - Math.cos(k * theta)), 0);
}

/** `symbol` at the complex wavenumber pi + i alpha, where the grid carries no wave: it grows with alpha. */
function evanescentSymbol(c: Float64Array, alpha: number): number {
  return c.reduce((sum, ck, k) => k === 0 ? sum : sum + 2 * ck * (1 - (-1) ** k * Math.cosh(k * alpha)), 0);
}

function evanescentSlope(c: Float64Array, alpha: number): number {
  return c.reduce((sum, ck, k) => k === 0 ? sum : sum - 2 * ck * k * (-1) ** k * Math.sinh(k * alpha), 0);
}

/** Largest slope of `symbol`. */
function steepest(c: Float64Array): number {
  const slope = (theta: number) =>
    c.reduce((sum, ck, k) => k === 0 ? sum : sum + 2 * ck * k * Math.sin(k * theta), 0);
  return Math.max(...Array.from({ length: 64 }, (_, i) => slope(Math.PI * (i + 1) / 64)));
}

/**
 * Bound of the amplitude with which a wave crosses `cells` rows: 1 where the grid carries some wave of that frequency
 * [Hz], in any direction. Where it carries none the field fades by alpha per row,
 * `(2 sin(omega dt / 2) / (v dt))^2 = (symbol(pi + i alpha) / dz^2 + symbol(pi) / dx^2)`, which is the slowest of all
 * lateral wavenumbers, and is excited the less the steeper the symbol is there (the 1-D Green's function of the
 * scheme is `1 / symbol'`).
 */
export function crossing(
  order: Order,
  { spacing: [dz, dx], dt, velocity }: { spacing: Grid["spacing"]; dt: number; velocity: number },
): (frequency: number) => (cells: number) => number {
  const c = secondDerivative(order), carried = symbol(c, Math.PI), limit = steepest(c);
  return (frequency) => {
    const wanted = dz ** 2 *
      ((2 * Math.sin(Math.PI * frequency * dt) / (velocity * dt)) ** 2 - carried / dx ** 2);
    if (wanted <= carried) return () => 1;
    let low = 0, high = 1;
    while (evanescentSymbol(c, high) < wanted) high *= 2;
    for (let i = 0; i < 30; i++) {
      const middle = (low + high) / 2;
      if (evanescentSymbol(c, middle) < wanted) low = middle;
      else high = middle;
    }
    const excited = Math.min(1, limit / evanescentSlope(c, high));
    return (cells) => excited * Math.exp(-high * cells);
  };
}

/** Largest stable time step [s] of the leapfrog scheme: `v^2 dt^2 |L| <= 4` at the grid's Nyquist wavenumber. */
export function maxTimeStep(
  order: Order,
  { spacing, velocity }: { spacing: Grid["spacing"]; velocity: number },
): number {
  const largest = symbol(secondDerivative(order), Math.PI);
  return 2 / (velocity * Math.sqrt(largest * (spacing[0] ** -2 + spacing[1] ** -2)));
}

/**
 * Relative error of the phase velocity of a plane wave of `frequency` [Hz] that runs along an axis of spacing `h`
 * [m] at `velocity` [m/s]: `(2 sin(omega dt / 2) / (v dt))^2 = symbol(kappa h) / h^2` is solved for kappa by
 * bisection. -1 where the grid carries no wave of that frequency.
 */
export function phaseError(
  order: Order,
  { h, dt, frequency, velocity }: { h: number; dt: number; frequency: number; velocity: number },
): number {
  const c = secondDerivative(order), omega = 2 * Math.PI * frequency;
  const wanted = (2 * h * Math.sin(omega * dt / 2) / (velocity * dt)) ** 2;
  let low = 0, high = Math.PI;
  if (symbol(c, high) < wanted) return -1;
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (symbol(c, middle) < wanted) low = middle;
    else high = middle;
  }
  return omega * h / low / velocity - 1;
}
