import { z } from "zod";
import type { Observation } from "../inference/simulate.ts";
import { method } from "./method.ts";

/** The migrated image, where the summary is one. It is not stored: it is the summary of the observation. */
export const migration = method({
  kind: "migration",
  about: "the summary of the observation, where it is an image, scaled to fit the truth best",
  label: "migration, best scale",
  color: "#bbbbbb",
  samples: false,
  schema: z.strictObject({}),
  cost: (_options, context) => ({ applications: context?.survey?.summary ?? 0 }),
  build: () => ({
    estimate: ({ observation, problem, context }) =>
      context.graph.node("draw", { reads: { of: "migration" }, upstream: [observation] }, async () => {
        if ((await problem()).summary.space.kind !== "image") return;
        return { method: "migration", mean: scaledMigration(await observation.get()) };
      }),
  }),
});

/** Migration has no amplitude of its own: it is scaled to fit the truth best, so that its SNR judges shape alone. */
function scaledMigration({ summary, truth }: Observation): Float32Array {
  let along = 0, norm = 0;
  summary.forEach((v, i) => {
    along += v * truth[i];
    norm += v * v;
  });
  return summary.map((v) => norm > 0 ? v * along / norm : 0);
}
