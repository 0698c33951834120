import type { Batch } from "../contracts/gradient.ts";
import type { TrainingSpec } from "../contracts/spec.ts";
import { type Tensor, tensor } from "../engine/mod.ts";
import { sizeOf } from "../base/shape.ts";
import { fold, type Key, normals, uniforms } from "../base/random.ts";
import type { Pairs } from "./simulate.ts";
import { flowShapes, type Standardization, toContext, toFlow } from "./standardize.ts";

/**
 * A batch as the flow trains on it. Signal and noise are drawn and flipped independently, because the noise does not
 * depend on x. A flip applies to x and its signal together; this needs a linear operator with a symmetric spread.
 * Jitter widens x, so that quantised or repeated data cannot have infinite density. Muted cells carry no information.
 * They are filled with N(0, 1), so that the density stays proper.
 */
export function makeBatch(
  pairs: Pairs,
  indices: ArrayLike<number>,
  { standardization: s, settings, noiseFrom, key }: {
    standardization: Standardization;
    settings: Pick<TrainingSpec, "flips" | "jitter">;
    /**
     * Pairs whose noise may be combined with these unknowns. Training recombines noise within its own split; in
     * validation each pair keeps its noise.
     */
    noiseFrom?: ArrayLike<number>;
    key: Key;
  },
): Batch {
  const n = indices.length;
  const flips = (name: string) => drawFlips(fold(key, name), { n, kinds: settings.flips });
  const shared = flips("signal");
  const x = gather(pairs.x, { indices, shape: s.x.shape, flips: shared });
  const signed = s.y.kind === "moments" ? sizeOf(s.x) : sizeOf(s.y); // a deviation has no polarity
  const y = gather(pairs.signal, { indices, shape: s.y.shape, flips: shared, signed });
  const others = noiseFrom
    ? Array.from(uniforms(fold(key, "pairing"), n), (u) => noiseFrom[Math.floor(u * noiseFrom.length)])
    : indices;
  const e = gather(pairs.noise, { indices: others, shape: s.y.shape, flips: flips("noise"), signed });
  for (let k = 0; k < y.length; k++) y[k] += e[k];
  const u = toFlow(s, x, y), fill = normals(fold(key, "fill"), x.length), size = sizeOf(s.x);
  for (let k = 0; k < u.length; k++) {
    u[k] = s.mask[k % size] === 0 ? fill[k] : u[k] + settings.jitter * fill[k];
  }
  return { n, x: u, context: toContext(s, y) };
}

interface Flip {
  readonly lateral: boolean;
  readonly polarity: boolean;
}

function drawFlips(key: Key, { n, kinds }: { n: number; kinds: TrainingSpec["flips"] }): Flip[] {
  const coin = uniforms(key, 2 * n);
  return Array.from({ length: n }, (_, i) => ({
    lateral: kinds.includes("lateral") && coin[2 * i] < 0.5,
    polarity: kinds.includes("polarity") && coin[2 * i + 1] < 0.5,
  }));
}

/** The elements at `indices` of a flat stack of `shape`, each flipped as told. */
function gather(
  stack: Float32Array,
  { indices, shape, flips, signed }: {
    indices: ArrayLike<number>;
    shape: readonly number[];
    flips: readonly Flip[];
    /** Leading values that a flip of polarity negates; all of them unless said otherwise. */
    signed?: number;
  },
): Float32Array {
  const size = sizeOf({ shape }), width = shape[shape.length - 1], negated = signed ?? size;
  const out = new Float32Array(indices.length * size);
  for (let i = 0; i < indices.length; i++) {
    const one = out.subarray(i * size, (i + 1) * size);
    one.set(stack.subarray(indices[i] * size, (indices[i] + 1) * size));
    if (flips[i].lateral) { for (let at = 0; at < size; at += width) one.subarray(at, at + width).reverse(); }
    if (flips[i].polarity) { for (let k = 0; k < negated; k++) one[k] = -one[k]; }
  }
  return out;
}

/** A batch as the flow's tensors: x [n, ...shapes.x] and context [n, ...shapes.context]. */
export function batchTensors(s: Standardization, { n, x, context }: Batch): { x: Tensor; context: Tensor } {
  const shapes = flowShapes(s);
  return { x: tensor(x, [n, ...shapes.x]), context: tensor(context, [n, ...shapes.context]) };
}
