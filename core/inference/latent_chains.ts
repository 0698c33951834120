import { fold, type Key, uniforms } from "../random.ts";
import { type Chains, effectiveSampleSize, splitRHat } from "./convergence.ts";
import type { Annealed } from "./latent_annealing.ts";
import { type Cloud, freshMove, jumpMove, localMove, type Moved } from "./latent_moves.ts";
import type { LatentTarget } from "./latent_target.ts";

/** How chains move in latent space. */
export interface ChainSettings {
  /** Steps before the first that counts; the length of a leap learns in them and is fixed from then on. */
  readonly warmUp: number;
  readonly steps: number;
  /** Leaps of one local move, each one evaluation of the target. */
  readonly leaps: number;
  /** Probability that a step is a global move. */
  readonly global: number;
}

const MOVES = { fresh: freshMove, jump: jumpMove } as const;
type MoveKind = "local" | keyof typeof MOVES;

/** States of chains, and what says whether they agree. */
export interface LatentChains extends Chains {
  /** Unknowns of all kept states, flat [keep * chains, size], one of each chain in turn. */
  readonly samples: Float32Array;
  /** Largest split R-hat, and smallest effective sample size, of a component of the unknown. */
  readonly rHat: number;
  readonly ess: number;
  /** Mean acceptance probabilities after warm-up; NaN for moves that were not made. */
  readonly acceptance: Readonly<Record<MoveKind, number>>;
}

/** Acceptance of local moves that warm-up aims at. */
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
 * Markov chains in the flow's latent space, all moved at once. Local moves are Hamiltonian; global ones, which jump
 * between modes, are in turn draws of N(0, I) and differences of other chains. See {@link localMove} and the others
 * of latent_moves.ts.
 */
export async function latentChains(
  target: LatentTarget,
  start: Annealed,
  { keep, settings, key, signal }: {
    /** States kept of each chain, evenly spaced. */
    keep: number;
    settings: ChainSettings;
    key: Key;
    signal?: AbortSignal;
  },
): Promise<LatentChains> {
  const { warmUp, steps, leaps, global } = settings, thin = Math.floor(steps / keep);
  const chains = start.cloud.values.length, size = start.cloud.z.length / chains;
  const paths = Array.from({ length: chains }, () => new Float64Array(keep * size));
  const samples = new Float32Array(keep * chains * size);
  const accepted: Record<MoveKind, number[]> = { local: [], fresh: [], jump: [] };
  let { cloud, leap } = start;
  for (let step = -warmUp; step < steps; step++) {
    signal?.throwIfAborted();
    const own = fold(key, warmUp + step), [u] = uniforms(fold(own, "kind"), 1);
    const kind = u < global / 2 ? "fresh" : u < global ? "jump" : "local";
    const moved = kind === "local"
      ? await variedMove(target, cloud, { key: own, leap, leaps })
      : await MOVES[kind](target, cloud, { key: own });
    cloud = moved.cloud;
    if (step >= 0) accepted[kind].push(moved.accepted);
    else if (kind === "local") {
      leap = tunedLeap(leap, { accepted: moved.accepted, step: warmUp + step, leaps });
    }
    const k = Math.floor(step / thin);
    if (step < 0 || step % thin !== thin - 1 || k >= keep) continue;
    paths.forEach((path, c) => path.set(cloud.x.subarray(c * size, (c + 1) * size), k * size));
    samples.set(cloud.x, k * chains * size);
  }
  const kept = { size, paths }, mean = (p: number[]) => p.reduce((a, b) => a + b, 0) / p.length;
  const acceptance = { local: mean(accepted.local), fresh: mean(accepted.fresh), jump: mean(accepted.jump) };
  return { ...kept, samples, rHat: splitRHat(kept), ess: effectiveSampleSize(kept), acceptance };
}
