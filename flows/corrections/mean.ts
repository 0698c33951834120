import { z } from "zod";
import type { LatentCorrection } from "../../core/contracts/correction.ts";
import { plugin } from "../../core/registry/plugin.ts";
import { add, div, neg, sum, values, zeros } from "../../core/engine/mod.ts";

/** A shift of the latents alone. */
export const mean = plugin({
  slot: "correction",
  kind: "mean",
  about: "z' = z + mu: moves the amortized posterior and keeps its width",
  schema: z.strictObject({}),
  build: () => meanCorrection,
});

/** `z' = z + mu`, logdet = 0. */
export const meanCorrection: LatentCorrection = {
  changes: "latents",
  init: (_key, shape) => ({ mu: zeros([...shape]) }),
  apply: ({ mu }, z) => ({ z: add(z, mu), logdet: zeros([z.shape[0]]) }),
  gradient: (_params, z, dz) => ({ mu: div(sum(dz, 0), z.shape[0]) }),
  score: (_params, z) => values(() => neg(z)),
};
