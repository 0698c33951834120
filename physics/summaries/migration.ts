import { z } from "zod";
import { plugin } from "../../core/contracts/plugin.ts";

/** The migrated image. */
export const migration = plugin({
  slot: "summary",
  kind: "migration",
  about: "mean over shots of J_i^T d_i, rescaled to the training spread's receivers",
  schema: z.strictObject({}),
  cost: () => ({ solves: 1 }),
  build: (_options, { survey, trainingReceivers }) => {
    const factor = trainingReceivers / survey.shotRange.shape[0] / survey.sources;
    return {
      space: { name: "migration", shape: survey.domain.shape },
      linear: true,
      apply: async (data) => new Float32Array(await survey.stacked.adjoint(data)).map((v) => factor * v),
    };
  },
});
