import { z } from "zod";
import type { LatentCorrection } from "../../core/contracts/correction.ts";
import { plugin } from "../../core/registry/plugin.ts";
import {
  add,
  div,
  exp,
  mul,
  neg,
  onesLike,
  sub,
  sum,
  sumPerSample,
  values,
  zeros,
} from "../../core/engine/mod.ts";

/** The published correction. */
export const diagonal = plugin({
  slot: "correction",
  kind: "diagonal",
  about: "z' = s * z + mu per latent element (Siahkoohi et al. 2023)",
  schema: z.strictObject({}),
  build: () => diagonalCorrection,
});

/** `z' = s * z + mu` with `s = exp(logScale)`; the identity at the start. logdet = sum(logScale). */
export const diagonalCorrection: LatentCorrection = {
  changes: "latents",
  init: (_key, shape) => ({ mu: zeros([...shape]), logScale: zeros([...shape]) }),
  apply({ mu, logScale }, z) {
    const perSample = onesLike(sumPerSample(z));
    return { z: add(mul(z, exp(logScale)), mu), logdet: mul(perSample, sum(logScale)) };
  },
  gradient({ logScale }, z, dz) {
    const n = z.shape[0];
    return { mu: div(sum(dz, 0), n), logScale: sub(div(sum(mul(mul(dz, z), exp(logScale)), 0), n), 1) };
  },
  score: ({ logScale }, z) => values(() => neg(mul(z, exp(neg(logScale))))),
};
