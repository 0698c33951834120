import { z } from "zod";
import type { LatentCorrection } from "../../core/contracts/correction.ts";
import { plugin } from "../../core/registry/plugin.ts";
import { neg, values, zeros } from "../../core/engine/mod.ts";

/** Latents as they are, without parameters. */
const identityCorrection: LatentCorrection = {
  changes: "latents",
  init: () => ({}),
  apply: (_params, z) => ({ z, logdet: zeros([z.shape[0]]) }),
  gradient: () => ({}),
  score: (_params, z) => values(() => neg(z)),
};

/** No correction: the corrected posterior is the amortized one, at no solve. */
export const none = plugin({
  slot: "correction",
  kind: "none",
  about: "leaves the amortized posterior as it is",
  schema: z.strictObject({}),
  cost: () => ({ changes: "latents", fitted: false } as const),
  build: () => identityCorrection,
});
