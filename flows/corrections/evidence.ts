import { z } from "zod";
import { plugin } from "../../core/registry/plugin.ts";
import { identityCorrection } from "./none.ts";

/**
 * The flow's latents stay as they are; what it is conditioned on is taken again under a prior whose amplitude and
 * roughness the observation's own data tell, by their evidence. A share of the samples may be those of the Gaussian
 * posterior that this summary is of, a linear opinion pool (Stone 1961). Takes no more solves than the summary.
 */
export const evidence = plugin({
  slot: "correction",
  kind: "evidence",
  about: "the observation's data tell the amplitude and roughness of the prior that the summary rests on",
  schema: z.strictObject({
    pool: z.number().min(0).max(1).default(0).describe(
      "share of the samples that are the Gaussian posterior's own, the others the flow's",
    ),
  }),
  cost: ({ pool }) => ({ fitted: false, changes: "summary" as const, pool }),
  build: ({ pool }) => ({ ...identityCorrection, changes: "summary" as const, pool }),
});
