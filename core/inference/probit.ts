import type { Bounds } from "../contracts/problem.ts";

/**
 * Components in a box and on the whole real line: `x = lower + (upper - lower) Phi(r)`, Phi the normal distribution
 * function, so that what is uniform in the box is normal on the line.
 */

/** |r| at most: beyond it f32 cannot tell x from its bound. */
const MOST = 5;

/** `x` of `r`, component i of a box. */
export function intoBox({ lower, upper }: Bounds, i: number, r: number): number {
  return lower[i] + (upper[i] - lower[i]) * normalCdf(r);
}

/** `r` of `x`, the inverse of {@link intoBox}, within [-5, 5]. */
export function outOfBox({ lower, upper }: Bounds, i: number, x: number): number {
  return normalQuantile((x - lower[i]) / (upper[i] - lower[i]));
}

/** `log dx/dr` at r. */
export function logStretch({ lower, upper }: Bounds, i: number, r: number): number {
  return Math.log((upper[i] - lower[i]) / Math.sqrt(2 * Math.PI)) - r * r / 2;
}

/**
 * Rational approximation of Hart (1968), algorithm 5666, in the form of West (2005); 1e-15 of error for |r| < 7. Relative
 * to the tail the error is below 1e-9 for |r| < 5. `@stdlib/stats-base-dists-normal-cdf` 0.3.1 has 2e-15, which x in f32
 * does not show, and loads 141 modules, 0.1 s at the start of every command. Its quantile is as accurate as the one here.
 */
const NUMERATOR = [
  0.0352624965998911,
  0.700383064443688,
  6.37396220353165,
  33.912866078383,
  112.079291497871,
  221.213596169931,
  220.206867912376,
];
const DENOMINATOR = [
  0.0883883476483184,
  1.75566716318264,
  16.064177579207,
  86.7807322029461,
  296.564248779674,
  637.333633378831,
  793.826512519948,
  440.413735824752,
];

/** Phi(r), r held within [-7, 7]. */
export function normalCdf(r: number): number {
  const a = Math.min(Math.abs(r), 7), horner = (c: readonly number[]) => c.reduce((sum, v) => sum * a + v);
  const tail = Math.exp(-a * a / 2) * horner(NUMERATOR) / horner(DENOMINATOR);
  return r > 0 ? 1 - tail : tail;
}

/** The inverse of {@link normalCdf} by Newton steps in the lower tail, started from the logistic distribution's. */
function normalQuantile(p: number): number {
  const side = p > 0.5 ? -1 : 1, tail = Math.max(Math.min(p, 1 - p), normalCdf(-MOST));
  let r = Math.max(-MOST, Math.log(tail / (1 - tail)) / 1.702);
  for (let step = 0; step < 30; step++) {
    const density = Math.exp(-r * r / 2) / Math.sqrt(2 * Math.PI), level = normalCdf(r);
    // Newton on log Phi, which is concave: it cannot overshoot from below.
    const change = (Math.log(tail) - Math.log(level)) * level / density;
    r += change;
    if (Math.abs(change) < 1e-10) break;
  }
  return side * Math.max(-MOST, Math.min(r, 0));
}
