import type { Setting } from "../../../physics/propagator/setting.ts";

/** Unit roundoff of f32. */
const EPSILON = 2 ** -24;

/**
 * Bound of the relative distance between f32 kernels and f64: of the background's data after 1 solve, of J and J^T
 * after 2, since they solve on a background that is itself rounded. In N steps, each of which turns the wave's phase
 * by theta = omega dt, two errors grow:
 *
 * - Each step rounds the wavefield, by at most EPSILON of its value. The leapfrog scheme answers an error of one step
 *   with `sin((k + 1) theta) / sin(theta)` times that error k steps later. Roundings of different steps are
 *   independent, so they add up as a random walk: `EPSILON sqrt(N) / sin(theta)`.
 * - The Laplacian's coefficients are rounded alike in every step. Their sum s is then no longer 0, as it is for the
 *   derivative of a constant. This changes omega^2 by `v^2 s`, and so the phase after N steps by up to
 *   `N v^2 dt^2 |s| / (2 theta)`. It is the larger error on square cells and near the stable time step.
 */
export function roundingBound(setting: Setting, { solves }: { solves: 1 | 2 }): number {
  const steps = setting.wavelet.length, theta = phasePerStep(setting.wavelet);
  const fastest = setting.AC.reduce((a, b) => Math.max(a, b));
  const walk = EPSILON * Math.sqrt(steps) / Math.sin(theta);
  const drift = steps * fastest * Math.abs(roundedSum(setting.laplacian)) / (2 * theta);
  return solves * (walk + drift);
}

/** theta of the wavelet's mean square frequency: `4 sin^2(theta / 2) = sum (q_n - q_(n-1))^2 / sum q_n^2`. */
function phasePerStep(q: Float64Array): number {
  const energy = q.reduce((sum, v) => sum + v ** 2, 0);
  const change = q.reduce((sum, v, n) => sum + (v - (n > 0 ? q[n - 1] : 0)) ** 2, 0);
  return 2 * Math.asin(Math.sqrt(change / energy) / 2);
}

/** The sum of a stencil's coefficients in f32; each but the first, the centre's, stands for two neighbours. */
function roundedSum(laplacian: Float64Array): number {
  return laplacian.reduce((sum, c, k) => sum + (k === 0 ? 1 : 2) * Math.fround(c), 0);
}
