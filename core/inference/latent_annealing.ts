import { fold, type Key } from "../random.ts";
import { rowwiseLogNormal } from "./draw.ts";
import { largestRise, normalised, resample, rowsAt, type WeightedDraws, worthOf } from "./importance.ts";
import { tunedLeap, variedMove } from "./latent_chains.ts";
import { type Cloud, jumpMove } from "./latent_moves.ts";
import type { LatentTarget } from "./latent_target.ts";

/** Chains that have come to the target, and the length of the leaps that suits it. */
export interface Annealed {
  readonly cloud: Cloud;
  readonly leap: number;
}

/** Share of the chains that are worth something after a rise in temperature. */
const WORTH = 0.5;
/** Draws' worth per chain that is enough to choose the chains from. */
const SURPLUS = 2;
/** Local moves at each temperature, each followed by a jump: modes trade chains while they are still wide. */
const MOVES = 10;

/**
 * Chains from weighted draws of the posterior, brought to the target through `target^t N(0, I)^(1 - t)`: the first t
 * is the largest 2^-k at which the draws are worth two per chain, and each rise after it leaves half of the chains'
 * worth, with resampling and moves (Del Moral, Doucet, Jasra 2006). A good posterior starts at t = 1.
 */
export async function annealedStart(
  target: LatentTarget,
  draws: WeightedDraws,
  { chains, leaps, key, signal }: { chains: number; leaps: number; key: Key; signal?: AbortSignal },
): Promise<Annealed> {
  const size = draws.z.length / draws.values.length, first = firstTemperature(draws, { size, chains });
  const chosen = resample(first.weights, { key: fold(key, "first"), n: chains });
  let cloud = cloudAt(draws, chosen);
  let leap = Math.PI / 4 / leaps, t = first.t;
  for (let round = 0; t < 1; round++) {
    const own = fold(key, round), tempered = temperedTarget(target, t);
    let at = { ...cloud, ...temperedValues(cloud, t) };
    for (let step = 0; step < MOVES; step++) {
      signal?.throwIfAborted();
      const moved = await variedMove(tempered, at, { key: fold(own, step), leap, leaps });
      at = (await jumpMove(tempered, moved.cloud, { key: fold(fold(own, "jump"), step) })).cloud;
      leap = tunedLeap(leap, { accepted: moved.accepted, step, leaps });
    }
    cloud = { ...at, ...temperedValues(at, 1 / t) }; // the target's own values again
    const normal = rowwiseLogNormal(cloud.z, size), slopes = cloud.values.map((v, i) => v - normal[i]);
    const { rise, weights } = largestRise(slopes, { most: 1 - t, share: WORTH });
    cloud = cloudAt(cloud, resample(weights, { key: fold(own, "resample"), n: chains }));
    t = rise === 1 - t ? 1 : t + rise;
  }
  return { cloud, leap };
}

/** Some chains of a cloud. */
function cloudAt({ z, x, gradient, values }: Cloud, chains: Uint32Array): Cloud {
  const pick = (a: Float32Array) => rowsAt(a, chains, z.length / values.length);
  return {
    z: pick(z),
    x: pick(x),
    gradient: pick(gradient),
    values: Float64Array.from(chains, (i) => values[i]),
  };
}

/** The first temperature of a set of draws, and their weights at it. */
function firstTemperature(
  { z, values, logDensity }: WeightedDraws,
  { size, chains }: { size: number; chains: number },
): { t: number; weights: Float64Array } {
  const normal = rowwiseLogNormal(z, size), wanted = Math.min(SURPLUS * chains, WORTH * values.length);
  const candidates = Array.from({ length: 30 }, (_, k) => {
    const t = 2 ** -k;
    return { t, weights: normalised(values.map((v, i) => t * v + (1 - t) * normal[i] - logDensity[i])) };
  });
  const worths = candidates.map(({ weights }) => worthOf(weights));
  const enough = worths.findIndex((worth) => worth >= wanted);
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
