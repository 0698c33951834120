import { fold, type Key, normals64, uniforms } from "../base/random.ts";
import { largestRise, resample } from "./importance.ts";

/** Logarithms, [n], of the density that particles are drawn from and of the target, each up to a constant. */
interface LogDensities {
  readonly base: Float64Array;
  readonly target: Float64Array;
}

/** Both densities at particles x, flat [n, size]. */
export type Path = (x: Float64Array) => Promise<LogDensities>;

/** Particles that have come to the target, flat [n, size], in random order. */
export interface Population {
  readonly x: Float64Array;
  /** Temperatures above 0 that it took. */
  readonly temperatures: number;
  /** Mean acceptance probability of the moves at the last. */
  readonly accepted: number;
}

/** Sweeps of moves at each temperature, and how many times that at the last. */
const SWEEPS = 20, LAST = 2;
/** Acceptance of the moves that their scale aims at. */
const ACCEPTANCE = 0.25;
/** Sweeps from one with whole differences, which lead from mode to mode, to the next. */
const JUMP = 2;
/** Share of the particles that are worth something after a rise in temperature. */
const WORTH = 0.7;

/**
 * Draws of the base, flat [n, size], brought to the target: through `base^(1 - t) target^t`, t from 0 to 1 in steps
 * that leave most of the particles' worth, each with resampling and Metropolis moves along differences of other
 * particles (Del Moral, Doucet, Jasra 2006, "Sequential Monte Carlo samplers"; ter Braak 2006 for the moves). It
 * needs no mixing between modes: resampling gives each its weight.
 */
export async function temperedPopulation(
  path: Path,
  draws: Float64Array,
  { size, key, signal }: { size: number; key: Key; signal?: AbortSignal },
): Promise<Population> {
  const n = draws.length / size;
  let particles: Particles = { x: draws, size, ...await path(draws) }, scale = 1, t = 0;
  for (let round = 0;; round++) {
    const roundKey = fold(key, round), { base, target } = particles;
    const { rise, weights } = largestRise(target.map((v, i) => v - base[i]), { most: 1 - t, share: WORTH });
    particles = chosen(particles, resample(weights, { key: fold(roundKey, "resample"), n }));
    t = rise === 1 - t ? 1 : t + rise;
    const sweeps = SWEEPS * (t < 1 ? 1 : LAST);
    let accepted = 0;
    for (let sweep = 0; sweep < sweeps; sweep++) {
      signal?.throwIfAborted();
      const jump = sweep % JUMP === 0, length = jump ? 1 : scale * 2.38 / Math.sqrt(2 * size);
      const swept = await moved(particles, { path, t, length, fixed: jump, key: fold(roundKey, sweep) });
      particles = swept.particles;
      accepted += swept.accepted / sweeps;
      if (!jump) scale *= Math.exp(swept.accepted - ACCEPTANCE);
    }
    if (t === 1) return { x: particles.x, temperatures: round + 1, accepted };
  }
}

interface Particles extends LogDensities {
  /** Flat [n, size]. */
  readonly x: Float64Array;
  readonly size: number;
}

/** The particles at `indices`. */
function chosen({ x, size, base, target }: Particles, indices: Uint32Array): Particles {
  const rows = new Float64Array(x.length);
  indices.forEach((i, k) => rows.set(x.subarray(i * size, (i + 1) * size), k * size));
  const pick = (values: Float64Array) => Float64Array.from(indices, (i) => values[i]);
  return { x: rows, size, base: pick(base), target: pick(target) };
}

/** One Metropolis move of every particle along the difference of two others, as they stood before the sweep. */
async function moved(
  particles: Particles,
  { path, t, length, fixed, key }: {
    path: Path;
    t: number;
    /** Factor on the difference, or the standard deviation of one unless it is `fixed`. */
    length: number;
    fixed: boolean;
    key: Key;
  },
): Promise<{ particles: Particles; accepted: number }> {
  const { x, size } = particles, n = x.length / size, u = uniforms(key, 3 * n);
  const factors = fixed ? new Float64Array(n).fill(1) : normals64(fold(key, "length"), n);
  const proposed = x.map((v, k) => {
    const i = Math.floor(k / size), [a, b] = [u[3 * i], u[3 * i + 1]].map((w) => Math.floor(w * n) * size);
    return v + length * factors[i] * (x[a + k % size] - x[b + k % size]);
  });
  const there = await path(proposed);
  const level = ({ base, target }: LogDensities, i: number) => (1 - t) * base[i] + t * target[i];
  const takes = Array.from(
    { length: n },
    (_, i) => Math.log(u[3 * i + 2]) < level(there, i) - level(particles, i),
  );
  const pick = (old: Float64Array, next: Float64Array, width = 1) =>
    old.map((v, k) => takes[Math.floor(k / width)] ? next[k] : v);
  return {
    particles: {
      x: pick(x, proposed, size),
      size,
      base: pick(particles.base, there.base),
      target: pick(particles.target, there.target),
    },
    accepted: takes.reduce((sum, taken) => sum + Number(taken), 0) / n,
  };
}
