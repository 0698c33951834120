import { z } from "zod";
import { plugin } from "../../core/registry/plugin.ts";
import { identityCorrection } from "./none.ts";

/** The latents stay N(0, I); the flow's own weights are fitted to the observation, from the trained ones on. */
export const finetune = plugin({
  slot: "correction",
  kind: "finetune",
  about: "fits the flow's own weights to the observation; wants a rate of 1e-3 or less",
  schema: z.strictObject({}),
  cost: () => ({ fitted: true, changes: "weights" as const }),
  build: () => ({ ...identityCorrection, changes: "weights" as const }),
});
