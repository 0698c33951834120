import { z } from "zod";
import { plugin } from "../../core/registry/plugin.ts";
import type { LinearOperator } from "../../core/contracts/operator.ts";
import type { Vector } from "../../core/contracts/vector.ts";
import { rowwise, zerosLike } from "../../core/linalg/mod.ts";
import { about, quantity } from "../../core/base/units.ts";
import { ricker } from "../wavelet.ts";
import { singleShot } from "../single_shot.ts";

const schema = z.strictObject({
  shape: about(z.tuple([z.int().min(1), z.int().min(1)]), "samples and traces [z, x]"),
  frequency: quantity("frequency", { positive: true }).describe("of the Ricker wavelet's peak"),
  interval: quantity("time", { positive: true }).describe("of the samples"),
});

/** Periods of the peak frequency from a Ricker wavelet's centre to where it is below 1e-6. */
const HALF_LENGTH = 1.4;

/** Post-stack convolution model. */
export const convolution = plugin({
  slot: "operator",
  kind: "convolution",
  about:
    "post-stack convolution model: each trace is its reflectivity convolved with a zero-phase Ricker wavelet",
  schema,
  shapes({ shape }) {
    const { domain, range } = spacesOf(shape);
    return { domain, shotRange: range, sources: 1, wavelet: true };
  },
  build({ shape, frequency, interval }) {
    const half = Math.ceil(HALF_LENGTH / frequency / interval), count = 2 * half + 1;
    const wavelet = ricker({ frequency, delay: half * interval, count, dt: interval });
    return { ...singleShot(convolutionOperator(wavelet.samples, shape)), wavelet };
  },
});

/**
 * Traces `d[x, :] = w * m[:, x]` of a section m [z, x], zero outside; w has an odd length and its origin in the
 * middle. Data run along their last axis, as a shot's traces do. The adjoint correlates.
 */
export function convolutionOperator(w: Float64Array, shape: readonly [number, number]): LinearOperator {
  const [nz, nx] = shape,
    inSection: Strides = { trace: 1, sample: nx },
    inTraces: Strides = { trace: nz, sample: 1 };
  const mirrored = w.toReversed(), filter = { traces: nx, samples: nz };
  return {
    ...spacesOf(shape),
    forward: rowwise((m) => convolved(m, w, { ...filter, from: inSection, to: inTraces })),
    adjoint: rowwise((d) => convolved(d, mirrored, { ...filter, from: inTraces, to: inSection })),
  };
}

function spacesOf([nz, nx]: readonly [number, number]): Pick<LinearOperator, "domain" | "range"> {
  return {
    domain: { name: "reflectivity", kind: "image", shape: [nz, nx] },
    range: { name: "traces", kind: "data", shape: [nx, nz] },
  };
}

/** Steps from one trace, and from one sample, to the next in a flat array. */
interface Strides {
  readonly trace: number;
  readonly sample: number;
}

function convolved(
  v: Vector,
  w: Float64Array,
  { traces, samples, from, to }: { traces: number; samples: number; from: Strides; to: Strides },
): Vector {
  const out = zerosLike(v), half = (w.length - 1) / 2;
  for (let x = 0; x < traces; x++) {
    for (let t = 0; t < samples; t++) {
      let sum = 0;
      for (let z = Math.max(0, t - half); z <= Math.min(samples - 1, t + half); z++) {
        sum += w[t - z + half] * v[x * from.trace + z * from.sample];
      }
      out[x * to.trace + t * to.sample] = sum;
    }
  }
  return out;
}
