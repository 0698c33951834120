import { fold, type Key, normals64, uniforms } from "../random.ts";
import { largestRise, resample } from "./importance.ts";

/** A posterior as its prior and likelihood, logarithms up to constants. */
export interface Bayes {
  readonly logPrior: (x: Float64Array) => number;
  readonly logLikelihood: (x: Float64Array) => number;
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
 * A population of prior draws, flat [n, size], brought to the posterior: through `p(x) p(d | x)^t`, t from 0 to 1 in
 * steps that leave most of the particles' worth, each with resampling and Metropolis moves along differences of other
 * particles (Del Moral, Doucet, Jasra 2006, "Sequential Monte Carlo samplers"; ter Braak 2006 for the moves). It
 * needs no mixing between modes: resampling gives each its weight.
 */
export function temperedPopulation(
  { logPrior, logLikelihood }: Bayes,
  draws: Float64Array,
  { size, key }: { size: number; key: Key },
): Float64Array {
  const at = (x: Float64Array): Particle => {
    const prior = logPrior(x); // a likelihood need not be known where the prior is 0
    return { x, prior, likelihood: prior === -Infinity ? prior : logLikelihood(x) };
  };
  let particles = Array.from(
    { length: draws.length / size },
    (_, i) => at(draws.slice(i * size, (i + 1) * size)),
  );
  let scale = 1;
  for (let t = 0, round = 0; t < 1; round++) {
    const own = fold(key, round), slopes = Float64Array.from(particles, (p) => p.likelihood);
    const { rise, weights } = largestRise(slopes, { most: 1 - t, share: WORTH });
    const chosen = resample(weights, { key: fold(own, "resample"), n: particles.length });
    particles = Array.from(chosen, (i) => particles[i]);
    t = rise === 1 - t ? 1 : t + rise;
    for (let sweep = 0; sweep < SWEEPS * (t < 1 ? 1 : LAST); sweep++) {
      const level = ({ prior, likelihood }: Particle) => prior + t * likelihood;
      const jump = sweep % JUMP === 0, length = jump ? 1 : scale * 2.38 / Math.sqrt(2 * size);
      const swept = movedParticles(particles, { at, level, length, fixed: jump, key: fold(own, sweep) });
      particles = swept.particles;
      if (!jump) scale *= Math.exp(swept.accepted - ACCEPTANCE);
    }
  }
  return Float64Array.from(particles.flatMap(({ x }) => [...x]));
}

interface Particle {
  readonly x: Float64Array;
  readonly prior: number;
  readonly likelihood: number;
}

/** One Metropolis move of every particle along the difference of two others, as they stood before the sweep. */
function movedParticles(
  particles: readonly Particle[],
  { at, level, length, fixed, key }: {
    at: (x: Float64Array) => Particle;
    level: (p: Particle) => number;
    /** Factor on the difference, or the standard deviation of one unless it is `fixed`. */
    length: number;
    fixed: boolean;
    key: Key;
  },
): { particles: Particle[]; accepted: number } {
  const n = particles.length, u = uniforms(key, 3 * n);
  const factors = fixed ? new Float64Array(n).fill(1) : normals64(fold(key, "length"), n);
  let accepted = 0;
  const moved = particles.map((p, i) => {
    const [a, b] = [u[3 * i], u[3 * i + 1]].map((v) => particles[Math.floor(v * n)].x);
    const next = at(p.x.map((v, k) => v + length * factors[i] * (a[k] - b[k])));
    if (!(Math.log(u[3 * i + 2]) < level(next) - level(p))) return p;
    accepted += 1 / n;
    return next;
  });
  return { particles: moved, accepted };
}
