import { z } from "zod";
import type { LatentCorrection } from "../../core/contracts/correction.ts";
import type { Params } from "../../core/contracts/flow.ts";
import { plugin } from "../../core/registry/plugin.ts";
import {
  add,
  cumsum,
  div,
  exp,
  mul,
  onesLike,
  read,
  reshape,
  sub,
  sum,
  sumPerSample,
  type Tensor,
  tensor,
  zeros,
} from "../../core/engine/mod.ts";
import { fold, normals } from "../../core/base/random.ts";
import { sizeOf } from "../../core/base/shape.ts";

/** A normal with correlations along a few directions. */
export const lowRank = plugin({
  slot: "correction",
  kind: "low-rank",
  about: "z' = mu + s * (I + L) z, L strictly lower triangular of some rank: a normal with correlations",
  schema: z.strictObject({
    rank: z.int().min(1).max(4096).default(8).describe(
      "directions; from the latents' number on, any covariance is within reach",
    ),
  }),
  build: ({ rank }) => lowRankCorrection(rank),
});

/**
 * `z' = mu + s * (z + L z)`, `L = tril(U^T V, -1) / sqrt(d)`, U and V [rank, d]; the identity at the start, where
 * U = 0. logdet = sum(log s). Cholesky factors of covariances `diagonal +- rank r` are of this form (Foreman-Mackey
 * et al. 2017, AJ 154:220), and with rank d those of all covariances. Every member is invertible, and its logdet
 * takes no further work. A sum `D + U^T V` has neither property.
 */
export function lowRankCorrection(rank: number): LatentCorrection {
  return {
    changes: "latents",
    init(key, shape) {
      const d = sizeOf({ shape }), v = normals(fold(key, "v"), d * rank);
      const [mu, logScale] = [zeros([...shape]), zeros([...shape])];
      return { mu, logScale, u: zeros([rank, d]), v: tensor(v, [rank, d]) };
    },
    apply(params, z) {
      const moved = add(mul(mixed(params, z).whole, exp(params.logScale)), params.mu);
      return { z: moved, logdet: mul(onesLike(sumPerSample(z)), sum(params.logScale)) };
    },
    gradient(params, z, dz) {
      const n = z.shape[0], dw = mul(dz, exp(params.logScale)), { whole, before } = mixed(params, z);
      const { u } = params, dlower = div(asRow(dw), n * Math.sqrt(dw.size / n));
      return {
        mu: div(sum(dz, 0), n),
        logScale: sub(div(sum(mul(dw, whole), 0), n), 1),
        u: sum(mul(dlower, before), 0),
        v: sum(mul(asRow(z), cumsum(mul(dlower, u), 2, true, true)), 0),
      };
    },
    async score({ logScale, u, v }, z) {
      const [s, us, vs, zs] = await Promise.all([logScale, u, v, z].map(read));
      const w = solved({ u: us, v: vs }, zs, s.length);
      return w.map((value, k) => -value * Math.exp(-s[k % s.length]));
    },
  };
}

/** `(I + L)^-T z` of each row, from its last component up. */
function solved({ u, v }: { u: Float32Array; v: Float32Array }, z: Float32Array, d: number): Float32Array {
  const out = new Float32Array(z.length), rank = u.length / d, scale = 1 / Math.sqrt(d);
  for (let row = 0; row < z.length; row += d) {
    const after = new Float64Array(rank); // sum_{i>j} u_ki w_i
    for (let j = d - 1; j >= 0; j--) {
      const lower = after.reduce((sum, c, k) => sum + v[k * d + j] * c, 0);
      const w = out[row + j] = z[row + j] - scale * lower;
      for (let k = 0; k < rank; k++) after[k] += u[k * d + j] * w;
    }
  }
  return out;
}

/** `z + L z`, and `sum_{j<i} v_kj z_j` of each k and i, [n, rank, d]. */
function mixed({ u, v }: Params, z: Tensor): { whole: Tensor; before: Tensor } {
  const before = cumsum(mul(asRow(z), v), 2, true);
  const lower = div(sum(mul(before, u), 1), Math.sqrt(z.size / z.shape[0]));
  return { whole: add(z, reshape(lower, z.shape)), before };
}

/** [n, ...shape] as [n, 1, d]. */
function asRow(z: Tensor): Tensor {
  return reshape(z, [z.shape[0], 1, -1]);
}
