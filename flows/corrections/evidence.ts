import { z } from "zod";
import type { SummaryCorrection } from "../../core/contracts/correction.ts";
import { plugin } from "../../core/registry/plugin.ts";
import { fold } from "../../core/base/random.ts";

/** Number of stored samples of the Gaussian posterior under this prior. */
const POOLED = 256;

/** The flow sees a summary under a prior that is estimated from the observation. */
export const evidence = plugin({
  slot: "correction",
  kind: "evidence",
  about: "the observation's data tell the prior that the summary rests on",
  schema: z.strictObject({
    prior: z.enum(["hierarchical", "local"]).default("hierarchical").describe(
      "what the data tell of it: amplitude and roughness, or its strength by wavenumber, dip and place",
    ),
    pool: z.number().min(0).max(1).default(0).describe(
      "share of the samples that are the Gaussian posterior's own, the others the flow's",
    ),
  }),
  cost: ({ prior, pool }) => ({ changes: "summary", fitted: false, prior, pool } as const),
  build: evidenceCorrection,
});

/**
 * Computes the summary again under a prior that is estimated from the observation's data: its amplitude and roughness, or
 * its strength by wavenumber, dip and place.
 * The summary holds the moments of the Gaussian posterior under this prior. `share` of the samples are samples of this
 * posterior, the others are the flow's: a linear opinion pool (Stone 1961). Costs the solves of one summary.
 */
export function evidenceCorrection(
  { prior, pool: share }: { prior: string; pool: number },
): SummaryCorrection {
  return {
    changes: "summary",
    async adapt({ summary: trained, observation: { data } }, { key }) {
      const adapted = await trained.adapted?.(data, { prior, key: fold(key, "pool"), n: POOLED });
      if (!adapted) {
        throw new Error(
          `The summary "${trained.space.name}" has no prior of its own that the data could tell.`,
        );
      }
      const { summary, samples } = adapted;
      return { summary, ...share > 0 && { pool: { share, samples } } };
    },
  };
}
