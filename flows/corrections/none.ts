import { z } from "zod";
import type { Correction } from "../../core/contracts/flow.ts";
import { plugin } from "../../core/contracts/plugin.ts";
import { zeros } from "../../core/engine/mod.ts";

/** Latents as they are, without parameters. */
export const identityCorrection: Correction = {
  init: () => ({}),
  apply: (_params, z) => ({ z, logdet: zeros([z.shape[0]]) }),
  gradient: () => ({}),
};

/** No correction: the corrected posterior is the amortized one, at no solve. */
export const none = plugin({
  slot: "correction",
  kind: "none",
  about: "leaves the amortized posterior as it is",
  schema: z.strictObject({}),
  cost: () => ({ fitted: false }),
  build: () => identityCorrection,
});
