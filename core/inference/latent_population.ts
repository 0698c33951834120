import { fold, type Key } from "../random.ts";
import { rowwiseLogNormal } from "./draw.ts";
import { largestRise, normalised, resample, rowsAt, type WeightedDraws, worthOf } from "./importance.ts";
import { type Cloud, jumpMove, tunedLeap, variedMove } from "./latent_moves.ts";
import type { LatentTarget } from "./latent_target.ts";

/** How a population moves in latent space. */
export interface MoveSettings {
  /** Local moves at each temperature, each followed by a jump; twice as many at the last. */
  readonly moves: number;
  /** Leaps of a local move, each one evaluation of the target. */
  readonly leaps: number;
}

/** Particles that have come to the target. */
export interface Population {
  readonly cloud: Cloud;
  /** Temperatures from the first to 1. */
  readonly temperatures: number;
  /** Mean acceptance probabilities at the last. */
  readonly accepted: { readonly local: number; readonly jump: number };
}

/** Share of the particles that are worth something after a rise in temperature. */
const WORTH = 0.5;
/** Factor on the moves at the last temperature: they make different particles of those that resampling doubled. */
const LAST = 2;

/**
 * A population of as many particles as there are weighted draws of the posterior, brought to the target through
 * `target^t N(0, I)^(1 - t)`: each rise of t leaves half of the particles' worth and is followed by resampling and
 * moves (Del Moral, Doucet, Jasra 2006, "Sequential Monte Carlo samplers"). Resampling gives every mode its weight,
 * so that particles need not travel between modes; where they can, while modes are still wide, jumps make the weights
 * more exact. A good posterior starts at t = 1.
 */
export async function latentPopulation(
  target: LatentTarget,
  draws: WeightedDraws,
  { settings, key, signal }: { settings: MoveSettings; key: Key; signal?: AbortSignal },
): Promise<Population> {
  const n = draws.values.length, size = draws.z.length / n, first = firstTemperature(draws);
  let cloud = cloudAt(draws, resample(first.weights, { key: fold(key, "first"), n }));
  let t = first.t, leap = Math.PI / 4 / settings.leaps;
  for (let round = 0;; round++) {
    const own = fold(key, round), options = { settings, leap, t, key: own, signal };
    const moved = await movedCloud(target, cloud, options);
    if (t === 1) return { cloud: moved.cloud, temperatures: round + 1, accepted: moved.accepted };
    ({ cloud, leap } = moved);
    const normal = rowwiseLogNormal(cloud.z, size), slopes = cloud.values.map((v, i) => v - normal[i]);
    const { rise, weights } = largestRise(slopes, { most: 1 - t, share: WORTH });
    cloud = cloudAt(cloud, resample(weights, { key: fold(own, "resample"), n }));
    t = rise === 1 - t ? 1 : t + rise;
  }
}

/** A cloud after the moves of one temperature, with the target's own values; the leap that suits it; and what was accepted. */
async function movedCloud(
  target: LatentTarget,
  start: Cloud,
  { settings: { moves, leaps }, t, key, signal, ...options }: {
    settings: MoveSettings;
    leap: number;
    t: number;
    key: Key;
    signal?: AbortSignal;
  },
): Promise<Pick<Population, "cloud" | "accepted"> & { leap: number }> {
  const tempered = temperedTarget(target, t), count = t < 1 ? moves : LAST * moves;
  let cloud: Cloud = { ...start, ...temperedValues(start, t) }, { leap } = options, local = 0, jump = 0;
  for (let step = 0; step < count; step++) {
    signal?.throwIfAborted();
    const moved = await variedMove(tempered, cloud, { key: fold(key, step), leap, leaps });
    const jumped = await jumpMove(tempered, moved.cloud, { key: fold(fold(key, "jump"), step) });
    cloud = jumped.cloud;
    leap = tunedLeap(leap, { accepted: moved.accepted, step, leaps });
    local += moved.accepted / count;
    jump += jumped.accepted / count;
  }
  return { cloud: { ...cloud, ...temperedValues(cloud, 1 / t) }, leap, accepted: { local, jump } };
}

/** Some particles of a cloud. */
function cloudAt({ z, x, gradient, values }: Cloud, particles: Uint32Array): Cloud {
  const pick = (a: Float32Array) => rowsAt(a, particles, z.length / values.length);
  return {
    z: pick(z),
    x: pick(x),
    gradient: pick(gradient),
    values: Float64Array.from(particles, (i) => values[i]),
  };
}

/** The largest t = 2^-k at which draws keep half of their worth, or the t at which they keep most; and their weights. */
function firstTemperature({ z, values, logDensity }: WeightedDraws): { t: number; weights: Float64Array } {
  const normal = rowwiseLogNormal(z, z.length / values.length);
  const candidates = Array.from({ length: 30 }, (_, k) => {
    const t = 2 ** -k;
    return { t, weights: normalised(values.map((v, i) => t * v + (1 - t) * normal[i] - logDensity[i])) };
  });
  const worths = candidates.map(({ weights }) => worthOf(weights));
  const enough = worths.findIndex((worth) => worth >= WORTH * values.length);
  return candidates[enough >= 0 ? enough : worths.indexOf(Math.max(...worths))];
}

/** `t log target - (1 - t) / 2 |z|^2` and its gradient, of those at `t = 1`. */
function temperedValues(
  { z, values, gradient }: Pick<Cloud, "z" | "values" | "gradient">,
  t: number,
): Pick<Cloud, "values" | "gradient"> {
  const normal = rowwiseLogNormal(z, z.length / values.length);
  return {
    values: values.map((v, i) => t * v + (1 - t) * normal[i]),
    gradient: gradient.map((g, k) => t * g - (1 - t) * z[k]),
  };
}

function temperedTarget(target: LatentTarget, t: number): LatentTarget {
  return async (z, n) => {
    const at = await target(z, n);
    return { ...at, ...temperedValues({ z, ...at }, t) };
  };
}
