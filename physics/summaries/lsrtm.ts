import { z } from "zod";
import type { Survey } from "../../core/contracts/operator.ts";
import { plugin } from "../../core/registry/plugin.ts";
import type { Space } from "../../core/contracts/vector.ts";
import { cglsBatch, illuminationPreconditioner, whitenerOf } from "../../core/linalg/mod.ts";
import { sizeOf } from "../../core/base/shape.ts";
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
  shapes: (_options, { operator }) => operator && spaceOf(operator),
  cost: ({ iterations }) => ({ solves: 1 + 2 * iterations, linear: false, image: true }),
  async build({ iterations, damping, precondition }, { survey, noise }) {
    const { stacked, domain } = survey, whiten = whitenerOf({ survey, noise });
    const key = fold(rootKey(0), "illumination");
    const P = precondition === "none"
      ? undefined
      : await illuminationPreconditioner(stacked, { key, whiten });
    return {
      space: spaceOf(survey),
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

/** An estimate of the unknown, in its space. */
function spaceOf({ domain }: Pick<Survey, "domain">): Space {
  return { ...domain, name: "least-squares migration" };
}
