import { z } from "zod";
import { plugin } from "../../core/contracts/plugin.ts";
import type { LinearOperator } from "../../core/contracts/operator.ts";
import type { Vector } from "../../core/contracts/vector.ts";
import { singleShot, zerosLike } from "../../core/linalg/mod.ts";
import { about, quantity } from "../../core/units.ts";
import { ricker } from "../wavelet.ts";

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
  about: "post-stack convolution model: each trace is its reflectivity convolved with a zero-phase Ricker wavelet",
  schema,
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
  const [nz, nx] = shape, half = (w.length - 1) / 2;
  /** Calls `visit` with the cells (t, z) of a trace that the wavelet's sample joins, `w[t - z + half]`. */
  const sum = (out: Vector, term: (z: number, t: number, x: number) => number, inTrace: boolean) => {
    for (let x = 0; x < nx; x++) {
      for (let to = 0; to < nz; to++) {
        let value = 0;
        const first = Math.max(0, to - half), last = Math.min(nz - 1, to + half);
        for (let from = first; from <= last; from++) value += term(from, to, x);
        out[inTrace ? x * nz + to : to * nx + x] = value;
      }
    }
    return Promise.resolve(out);
  };
  return {
    domain: { name: "reflectivity", shape },
    range: { name: "traces", shape: [nx, nz] },
    forward: (m) => sum(zerosLike(m), (z, t, x) => w[t - z + half] * m[z * nx + x], true),
    adjoint: (d) => sum(zerosLike(d), (t, z, x) => w[t - z + half] * d[x * nz + t], false),
  };
}
