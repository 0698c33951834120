import { fold, type Key, normals, uniforms } from "../random.ts";
import { rowwiseLogNormal } from "./draw.ts";
import type { LatentTarget } from "./latent_target.ts";

/** Where all particles are: latents and unknowns, flat [n, size], log target [n] and its gradients. */
export interface Cloud {
  readonly z: Float32Array;
  readonly x: Float32Array;
  readonly values: Float64Array;
  readonly gradient: Float32Array;
}

/** The cloud after a move, and the mean probability of its acceptance. */
export interface Moved {
  readonly cloud: Cloud;
  readonly accepted: number;
}

/**
 * Hybrid Monte Carlo preconditioned by N(0, I) (Beskos, Pinski, Sanz-Serna, Stuart 2011, "Hybrid Monte Carlo on
 * Hilbert spaces"). With `Phi = -log target - 1/2 |z|^2` and v ~ N(0, I), each leap is half a kick
 * `v -= leap / 2 grad Phi(z)`, a rotation of (z, v) by `leap`, and half a kick; accepted with probability
 * `min(1, exp(H - H'))`, `H = -log target + 1/2 |v|^2`. Where the target is N(0, I) every move is accepted.
 */
export async function localMove(
  target: LatentTarget,
  from: Cloud,
  { key, leap, leaps }: { key: Key; leap: number; leaps: number },
): Promise<Moved> {
  const n = from.values.length, size = from.z.length / n, c = Math.cos(leap), s = Math.sin(leap);
  let v = normals(fold(key, "velocity"), n * size), to = from;
  const start = rowwiseLogNormal(v, size);
  for (let l = 0; l < leaps; l++) {
    const kicked = kick(v, to, leap / 2), z = to.z.map((q, k) => c * q + s * kicked[k]);
    v = kicked.map((p, k) => c * p - s * to.z[k]);
    to = { z, ...await target(z, n) };
    v = kick(v, to, leap / 2);
  }
  const end = rowwiseLogNormal(v, size);
  return accept(from, to, { key, log: (i) => to.values[i] + end[i] - from.values[i] - start[i] });
}

/** `v - length grad Phi(z)`. */
function kick(v: Float32Array, { z, gradient }: Cloud, length: number): Float32Array {
  return v.map((p, k) => p + length * (gradient[k] + z[k]));
}

/** Acceptance of local moves that their leap aims at. */
const ACCEPTANCE = 0.7;

/** A leap that learns from the acceptance of the `step`-th move, at most so long that a move is a quarter turn. */
export function tunedLeap(
  leap: number,
  { accepted, step, leaps }: { accepted: number; step: number; leaps: number },
): number {
  const next = leap * Math.exp((accepted - ACCEPTANCE) / Math.sqrt(1 + step / 10));
  return Math.min(Math.PI / 2 / leaps, next);
}

/** A local move with leaps of several lengths: no orbit closes, and narrow modes have moves that suit them. */
export function variedMove(
  target: LatentTarget,
  cloud: Cloud,
  { key, leap, leaps }: { key: Key; leap: number; leaps: number },
): Promise<Moved> {
  const [length] = uniforms(fold(key, "length"), 1);
  return localMove(target, cloud, { key, leap: leap * 4 ** -length, leaps });
}

/**
 * One half of the particles moves by the difference of two particles of the other half (ter Braak 2006), which leads from
 * one mode to another where both are alike. The other half stays, so the difference does not depend on the state.
 */
export async function jumpMove(target: LatentTarget, from: Cloud, { key }: { key: Key }): Promise<Moved> {
  const n = from.values.length, size = from.z.length / n, half = Math.floor(n / 2);
  const [side, ...picks] = uniforms(fold(key, "pairs"), 1 + 2 * n), lower = side < 0.5;
  const moves = (i: number) => i < half === lower;
  const other = (u: number) => lower ? half + Math.floor(u * (n - half)) : Math.floor(u * half);
  const z = from.z.map((v, k) => {
    const i = Math.floor(k / size), j = k % size;
    if (!moves(i)) return v;
    return v + from.z[other(picks[2 * i]) * size + j] - from.z[other(picks[2 * i + 1]) * size + j];
  });
  const to = { z, ...await target(z, n) };
  const { cloud, accepted } = accept(from, to, {
    key,
    log: (i) => moves(i) ? to.values[i] - from.values[i] : -Infinity,
  });
  return { cloud, accepted: accepted * n / (lower ? half : n - half) };
}

/** Takes each particle `to` its new place with probability `exp(log)`, else leaves it; NaN never moves. */
function accept(
  from: Cloud,
  to: Cloud,
  { key, log }: { key: Key; log: (particle: number) => number },
): Moved {
  const n = from.values.length, u = uniforms(fold(key, "accept"), n);
  const probabilities = Float64Array.from({ length: n }, (_, i) => Math.exp(Math.min(0, log(i))) || 0);
  const cloud = chooseRows(from, to, (i) => u[i] < probabilities[i]);
  return { cloud, accepted: probabilities.reduce((a, b) => a + b, 0) / n };
}

/** The rows of one cloud, or of the other where `other` says so. */
function chooseRows(one: Cloud, two: Cloud, other: (row: number) => boolean): Cloud {
  const n = one.values.length, size = one.z.length / n;
  const rows = (a: Float32Array, b: Float32Array) => a.map((v, k) => other(Math.floor(k / size)) ? b[k] : v);
  return {
    z: rows(one.z, two.z),
    x: rows(one.x, two.x),
    gradient: rows(one.gradient, two.gradient),
    values: one.values.map((v, i) => other(i) ? two.values[i] : v),
  };
}
