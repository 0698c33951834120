import { dispose, read, scope, tensor } from "../engine/mod.ts";
import { type Key, uniforms } from "../base/random.ts";
import { latents, rowwiseLogNormal } from "./draw.ts";
import type { FittedCorrection } from "./fitted_correction.ts";
import type { LatentTarget } from "./latent_target.ts";
import { sizeOf } from "../base/shape.ts";

/** Latents from `T(e)`, `e ~ N(0, I)`, rows `from` to `from + n` of a key's, and their log density up to a constant. */
type Proposal = (
  key: Key,
  rows: { from: number; n: number },
) => Promise<{ z: Float32Array; logDensity: Float64Array }>;

/**
 * The proposal in latent space: `N(0, I)`, which the flow maps to the amortized posterior, or its image under a
 * correction of latents. Another correction leaves the latents as they are.
 */
export function latentProposal(shape: readonly number[], corrected?: FittedCorrection): Proposal {
  const size = sizeOf({ shape });
  return async (key, { from, n }) => {
    const e = latents(key, { from, n, size }), logDensity = rowwiseLogNormal(e, size);
    if (corrected?.changes !== "latents") return { z: e, logDensity };
    const { correction, params } = corrected;
    const moved = scope(() => correction.apply(params, tensor(e, [n, ...shape])));
    const [z, logdets] = await Promise.all([read(moved.z), read(moved.logdet)]);
    dispose({ ...moved });
    return { z, logDensity: logDensity.map((v, i) => v - logdets[i]) };
  };
}

/** Unknowns of a proposal's draws, flat [n, size], and the logarithms of `target / proposal`, up to a constant. */
interface WeightedDraws {
  readonly x: Float32Array;
  readonly logWeights: Float64Array;
}

/** Number of rows in one evaluation of a target. */
const BATCH = 512;

/** `n` draws of a proposal, each weighted by `target / proposal`. */
export async function weighDraws(
  target: LatentTarget,
  proposal: Proposal,
  { key, n, size, signal }: { key: Key; n: number; size: number; signal?: AbortSignal },
): Promise<WeightedDraws> {
  const x = new Float32Array(n * size), logWeights = new Float64Array(n);
  for (let from = 0; from < n; from += BATCH) {
    signal?.throwIfAborted();
    const m = Math.min(BATCH, n - from), { z, logDensity } = await proposal(key, { from, n: m });
    const at = await target(z, m);
    x.set(at.x, from * size);
    logWeights.set(at.values.map((v, i) => v - logDensity[i]), from);
  }
  return { x, logWeights };
}

/** Weights that sum to 1, from their logarithms up to a constant. */
export function normalised(logs: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(logs), top = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const raw = values.map((v) => Math.exp(v - top)), sum = raw.reduce((a, b) => a + b, 0);
  return raw.map((w) => w / sum);
}

/** Effective number of weights that sum to 1. */
function worthOf(weights: Float64Array): number {
  return 1 / weights.reduce((sum, w) => sum + w * w, 0);
}

/**
 * The largest rise of a temperature, at most `most`, after which draws whose log weights grow by `rise * slopes` are
 * still worth `share` of their number, by bisection; and their weights then.
 */
export function largestRise(
  slopes: Float64Array,
  { most, share }: { most: number; share: number },
): { rise: number; weights: Float64Array } {
  const at = (rise: number) => ({ rise, weights: normalised(slopes.map((v) => rise * v)) });
  const enough = ({ weights }: { weights: Float64Array }) => worthOf(weights) >= share * slopes.length;
  if (enough(at(most))) return at(most);
  let low = 0, high = most;
  for (let k = 0; k < 60; k++) {
    const middle = (low + high) / 2;
    if (enough(at(middle))) low = middle;
    else high = middle;
  }
  return at(high);
}

/**
 * `n` indices drawn with probabilities `weights`, which sum to 1, by systematic resampling (Kitagawa 1996): index i
 * comes up `n weights[i]` times, rounded up or down; in random order.
 */
export function resample(weights: Float64Array, { key, n }: { key: Key; n: number }): Uint32Array {
  const [start, ...order] = uniforms(key, n + 1), chosen = new Uint32Array(n);
  let i = 0, sum = weights[0];
  for (let k = 0; k < n; k++) {
    while (sum < (k + start) / n && i < weights.length - 1) sum += weights[++i];
    chosen[k] = i;
  }
  for (let k = n - 1; k > 0; k--) {
    const j = Math.floor(order[k] * (k + 1));
    [chosen[k], chosen[j]] = [chosen[j], chosen[k]];
  }
  return chosen;
}

/** The rows at `indices` of a flat stack [n, size]. */
export function rowsAt(stack: Float32Array, indices: ArrayLike<number>, size: number): Float32Array {
  const out = new Float32Array(indices.length * size);
  for (let k = 0; k < indices.length; k++) {
    out.set(stack.subarray(indices[k] * size, (indices[k] + 1) * size), k * size);
  }
  return out;
}
