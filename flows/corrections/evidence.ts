import { z } from "zod";
import { plugin } from "../../core/contracts/plugin.ts";
import { identityCorrection } from "./none.ts";

/**
 * The flow's latents stay as they are; what it is conditioned on is taken again under a prior whose amplitude and
 * roughness the observation's own data tell, by their evidence. Takes a summary that is a Gaussian posterior of the
 * training prior, and no more solves than that.
 */
export const evidence = plugin({
  slot: "correction",
  kind: "evidence",
  about: "the observation's data tell the amplitude and roughness of the prior that the summary rests on",
  schema: z.strictObject({}),
  cost: () => ({ fitted: false, changes: "summary" as const }),
  build: () => ({ ...identityCorrection, changes: "summary" as const }),
});
