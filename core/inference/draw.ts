import type { Flow, Params } from "../contracts/flow.ts";
import { dispose, read, scope, type Tensor, tensor } from "../engine/mod.ts";
import { sizeOf } from "../base/shape.ts";
import { fold, type Key, normals } from "../base/random.ts";
import { correctedParts, type FittedCorrection, pooledSamples } from "./fitted_correction.ts";
import { addSamples, meanAndStdOf, noMoments } from "./moments.ts";
import { flowShapes, fromFlow, type Standardization, toContext } from "./standardize.ts";

/** A trained flow with everything that its inputs and outputs need. */
export interface AmortizedPosterior {
  readonly flow: Flow;
  readonly params: Params;
  readonly standardization: Standardization;
}

/** The posterior with the weights that a correction has fitted. Any other correction leaves the weights as they are. */
export function withFittedWeights(
  posterior: AmortizedPosterior,
  fitted?: FittedCorrection,
): AmortizedPosterior {
  return fitted?.changes === "weights" ? { ...posterior, params: fitted.weights } : posterior;
}

/** Latent normals [n, size]: row i follows (key, i), so batches do not change the draws. */
export function latents(
  key: Key,
  { from, n, size }: { from: number; n: number; size: number },
): Float32Array {
  const z = new Float32Array(n * size);
  for (let i = 0; i < n; i++) z.set(normals(fold(key, from + i), size), i * size);
  return z;
}

/** `-1/2 |z|^2` of each row, flat [n, size]: the log density of latents up to a constant. */
export function rowwiseLogNormal(z: Float32Array, size: number): Float64Array {
  const out = new Float64Array(z.length / size);
  z.forEach((v, k) => out[Math.floor(k / size)] -= v * v / 2);
  return out;
}

/** The observation's context as a tensor [1, ...], repeated `n` times along the batch. */
export function contextTensor(posterior: AmortizedPosterior, summary: Float32Array, n: number): Tensor {
  const s = posterior.standardization;
  const one = toContext(s, summary), all = new Float32Array(n * one.length);
  for (let i = 0; i < n; i++) all.set(one, i * one.length);
  return tensor(all, [n, ...flowShapes(s).context]);
}

/** How samples are drawn. `batch` samples are computed at once; the draws do not depend on it. */
interface DrawOptions {
  readonly key: Key;
  readonly n: number;
  readonly batch?: number;
  readonly corrected?: FittedCorrection;
}

/**
 * Draws posterior samples x = f^-1(T(z); y) batch by batch. Each batch is flat [m, size], in the unit of the unknown;
 * muted cells are 0. Without `corrected`, T is the identity. Only the tensors of one batch are held at a time.
 */
async function* sampleBatches(
  posterior: AmortizedPosterior,
  summary: Float32Array,
  { key, n, batch = 16, corrected }: DrawOptions,
): AsyncGenerator<Float32Array> {
  const { flow, params, standardization: s } = posterior, shapes = flowShapes(s), size = sizeOf(s.x);
  const amortized = { move: (z: Tensor) => z, weights: params, summary };
  const { move, weights, summary: y, pool } = correctedParts(amortized, corrected);
  const pooled = pool ? pooledSamples(pool, { key: fold(key, "pool"), n, size }) : [];
  for (let at = 0; at < n; at += batch) {
    const m = Math.min(batch, n - at);
    const x = scope(() => {
      const z = tensor(latents(key, { from: at, n: m, size }), [m, ...shapes.x]);
      return flow.inverse(weights, move(z), contextTensor(posterior, y, m));
    });
    const values = await read(x);
    dispose({ x });
    const samples = fromFlow(s, values, y);
    pooled.slice(at, at + m).forEach((sample, i) => sample && samples.set(sample, i * size));
    yield samples;
  }
}

/** `n` posterior samples, flat [n, size], in the unknown's own unit, muted cells 0. */
export async function drawPosterior(
  posterior: AmortizedPosterior,
  summary: Float32Array,
  options: DrawOptions,
): Promise<Float32Array> {
  const out = new Float32Array(options.n * sizeOf(posterior.standardization.x));
  let at = 0;
  for await (const samples of sampleBatches(posterior, summary, options)) {
    out.set(samples, at);
    at += samples.length;
  }
  return out;
}

/**
 * Pointwise mean and standard deviation of the samples that {@link drawPosterior} draws with the same options,
 * each [size], in memory that does not grow with `n`.
 */
export async function posteriorMoments(
  posterior: AmortizedPosterior,
  summary: Float32Array,
  options: DrawOptions,
): Promise<{ mean: Float32Array; std: Float32Array }> {
  let moments = noMoments(sizeOf(posterior.standardization.x));
  for await (const samples of sampleBatches(posterior, summary, options)) {
    moments = addSamples(moments, samples);
  }
  return meanAndStdOf(moments);
}
