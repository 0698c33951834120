import { z } from "zod";
import { method, type Posteriors } from "./method.ts";

/** A learned posterior as a method: `learned_nodes.ts` makes the nodes. */
function posterior(
  kind: keyof Posteriors | "policy",
  definition: Pick<Parameters<typeof method>[0], "about" | "cost" | "color" | "asked">,
) {
  return method({
    kind,
    label: kind,
    samples: true,
    needs: ["flow"],
    ...definition,
    schema: z.strictObject({}),
    build: () => ({ estimate: ({ posteriors }) => kind === "policy" ? undefined : posteriors?.[kind] }),
  });
}

export const amortized = posterior("amortized", {
  about: "samples of the trained flow, conditioned on the summary of the observation",
  color: "#4477aa",
  cost: (_options, context) => ({ applications: context?.survey?.summary ?? 0 }),
});

export const corrected = posterior("corrected", {
  about: "the amortized posterior after the correction that is fitted to the observation",
  color: "#ee6677",
});

export const refined = posterior("refined", {
  about: "samples of the exact posterior, from draws of a learned one",
  color: "#117733",
  asked: "refinement",
});

/** It is not judged by itself: its metrics are those of the posterior that it takes. */
export const policy = posterior("policy", {
  about: "for each observation the posterior that the policy takes: amortized, corrected or refined",
  color: "#000000",
  asked: "policy",
});
