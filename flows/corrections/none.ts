import { z } from "zod";
import { plugin } from "../../core/contracts/plugin.ts";
import { zeros } from "../../core/engine/mod.ts";

/** No correction: the corrected posterior is the amortized one, at no solve. */
export const none = plugin({
  slot: "correction",
  kind: "none",
  about: "leaves the amortized posterior as it is",
  schema: z.strictObject({}),
  cost: () => ({ fitted: false }),
  build: () => ({
    init: () => ({}),
    apply: (_params, z) => ({ z, logdet: zeros([z.shape[0]]) }),
    gradient: () => ({}),
  }),
});
