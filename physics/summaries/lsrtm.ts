import { z } from "zod";
import { plugin } from "../../core/registry/plugin.ts";
import { cglsBatch, illuminationPreconditioner, sizeOf } from "../../core/linalg/mod.ts";
import { fold, rootKey } from "../../core/base/random.ts";
import { about } from "../../core/base/units.ts";

const schema = z.strictObject({
  iterations: about(z.int().min(1).max(1000), "of conjugate gradients").default(5),
  damping: about(z.number().min(0), "weight of |z|, where x = P z and noise has unit variance").default(0),
  precondition: about(z.enum(["none", "illumination"]), "P: nothing, or what makes all depths equally bright")
    .default("illumination"),
});

/**
 * `min_z |W(J P z - d)|^2 + damping^2 |z|^2` after a fixed number of iterations of CGLS from 0. Not linear in d: the
 * steps depend on it. With fewer receivers or sources the amplitudes stay those of x.
 */
export const lsrtm = plugin({
  slot: "summary",
  kind: "lsrtm",
  about: "least-squares migration: x after some iterations of conjugate gradients on the data",
  schema,
  shapes: (_options, { operator }) => operator?.domain,
  cost: ({ iterations }) => ({ solves: 1 + 2 * iterations, linear: false, image: true }),
  async build({ iterations, damping, precondition }, { survey, noise }) {
    const { stacked, shotRange, domain } = survey;
    const whiten = (r: Float32Array | Float64Array) => noise.whiten(r, shotRange);
    const key = fold(rootKey(0), "illumination");
    const P = precondition === "none"
      ? undefined
      : await illuminationPreconditioner(stacked, { key, whiten });
    return {
      space: { name: "least-squares migration", shape: domain.shape },
      linear: false,
      async apply(data, count = 1) {
        const out = new Float32Array(count * sizeOf(domain)), dampings = Array(count).fill(damping);
        const solved = await cglsBatch(stacked, data, { iterations, dampings, whiten, precondition: P });
        solved.forEach(({ x }, k) => out.set(x, k * sizeOf(domain)));
        return out;
      },
    };
  },
});
