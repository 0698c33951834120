import { z } from "zod";
import type { WeightCorrection } from "../../core/contracts/correction.ts";
import { plugin } from "../../core/registry/plugin.ts";
import { mul } from "../../core/engine/mod.ts";

/** The latents stay N(0, I); the flow's own weights are fitted to the observation, from the trained ones on. */
export const finetune = plugin({
  slot: "correction",
  kind: "finetune",
  about: "fits the flow's own weights to the observation; wants a rate of 1e-3 or less",
  schema: z.strictObject({}),
  cost: () => ({ changes: "weights", fitted: true } as const),
  build: () => weightCorrection,
});

/** All weights of the flow, from the trained ones on. */
export const weightCorrection: WeightCorrection = {
  changes: "weights",
  init: (trained) => Object.fromEntries(Object.entries(trained).map(([name, p]) => [name, mul(p, 1)])),
};
