import { cholesky, multiplyVector } from "../linalg/mod.ts";
import { fold, type Key, normals64, uniforms } from "../random.ts";
import { type Chains, effectiveSampleSize, momentsOf, splitRHat } from "./convergence.ts";

/** `log p(x)` up to a constant. */
export type LogDensity = (x: Float64Array) => number;

/** Chains with what says whether they agree. */
export interface SampledChains extends Chains {
  /** Largest split R-hat of a component. */
  readonly rHat: number;
  /** Smallest effective sample size of a component. */
  readonly ess: number;
}

/** Split R-hat below which chains agree (Vehtari et al. 2021). */
export const CONVERGED = 1.01;

/** Burn-in: rounds of steps after each of which the proposal learns from all chains; from then on it is fixed. */
const ROUNDS = 20, ROUND_STEPS = 100;
/** Acceptance rate that burn-in aims at, near the best in few dimensions (Gelman, Roberts, Gilks 1996). */
const ACCEPTANCE = 0.3;
/** Steps between two kept states at first, and at most. */
const LEAST_THIN = 16, MOST_THIN = 1024;

/**
 * Random-walk Metropolis chains, one from each start (spread wider than the density), with normal proposals of the
 * covariance that all chains together had (Haario, Saksman, Tamminen 2001). Keeps every `thin`-th state, `keep` a
 * chain; `thin` doubles until the chains agree, and `rHat` tells where they never did.
 */
export function sampleChains(
  logDensity: LogDensity,
  starts: readonly Float64Array[],
  { key, keep }: { key: Key; keep: number },
): SampledChains {
  const size = starts[0].length;
  let tuned: Tuned = { starts, factor: cholesky(momentsOf({ size, paths: starts }).covariance), scale: 1 };
  for (let round = 0; round < ROUNDS; round++) {
    const { chains, accepted } = walks(logDensity, tuned, {
      key: fold(fold(key, "burn-in"), round),
      steps: ROUND_STEPS,
    });
    const scale = tuned.scale * Math.exp(2 * (accepted - ACCEPTANCE));
    tuned = { starts: lastStates(chains), factor: cholesky(momentsOf(chains).covariance), scale };
  }
  for (let thin = LEAST_THIN;; thin *= 2) {
    const { chains } = walks(logDensity, tuned, {
      key: fold(fold(key, "sampling"), thin),
      steps: keep * thin,
    });
    tuned = { ...tuned, starts: lastStates(chains) };
    const kept = thinned(chains, thin), rHat = splitRHat(kept);
    if (rHat < CONVERGED || thin === MOST_THIN) return { ...kept, rHat, ess: effectiveSampleSize(kept) };
  }
}

/** Where chains stand, and their proposal `x + scale L e`, e ~ N(0, I), `L` the factor. */
interface Tuned {
  readonly starts: readonly Float64Array[];
  readonly factor: Float64Array;
  readonly scale: number;
}

function walks(
  logDensity: LogDensity,
  { starts, factor, scale }: Tuned,
  { key, steps }: { key: Key; steps: number },
): { chains: Chains; accepted: number } {
  const proposal = factor.map((v) => scale * v);
  const all = starts.map((start, c) => walk(logDensity, start, { key: fold(key, c), steps, proposal }));
  const accepted = all.reduce((sum, one) => sum + one.accepted, 0) / (steps * starts.length);
  return { chains: { size: starts[0].length, paths: all.map(({ path }) => path) }, accepted };
}

/** `steps` steps of one chain (Metropolis et al. 1953): every state, and how many proposals were accepted. */
function walk(
  logDensity: LogDensity,
  start: Float64Array,
  { key, steps, proposal }: { key: Key; steps: number; proposal: Float64Array },
): { path: Float64Array; accepted: number } {
  const size = start.length, path = new Float64Array(steps * size);
  const e = normals64(fold(key, "move"), steps * size), u = uniforms(fold(key, "accept"), steps);
  let x = start, level = logDensity(x), accepted = 0;
  for (let t = 0; t < steps; t++) {
    const move = multiplyVector(proposal, e.subarray(t * size, (t + 1) * size));
    const next = x.map((v, i) => v + move[i]), nextLevel = logDensity(next);
    if (Math.log(u[t]) < nextLevel - level) {
      x = next;
      level = nextLevel;
      accepted++;
    }
    path.set(x, t * size);
  }
  return { path, accepted };
}

function lastStates({ size, paths }: Chains): Float64Array[] {
  return paths.map((path) => path.slice(-size));
}

function thinned({ size, paths }: Chains, thin: number): Chains {
  const kept = (path: Float64Array) =>
    Float64Array.from(
      { length: path.length / thin },
      (_, k) => path[(Math.floor(k / size) + 1) * thin * size - size + k % size],
    );
  return { size, paths: paths.map(kept) };
}
