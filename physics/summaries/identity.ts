import { z } from "zod";
import { plugin } from "../../core/registry/plugin.ts";

/** The data themselves. */
export const identitySummary = plugin({
  slot: "summary",
  kind: "identity",
  about: "the data themselves, for problems whose data are few",
  schema: z.strictObject({}),
  shapes: (_options, { operator }) =>
    operator && [operator.sources * operator.shotRange.reduce((a, b) => a * b, 1)],
  cost: () => ({ solves: 0, linear: true, image: false }),
  build: (_options, { survey: { sources, shotRange } }) => ({
    space: { name: "data", shape: [sources * shotRange.shape.reduce((a, b) => a * b, 1)] },
    linear: true,
    apply: (data) => Promise.resolve(new Float32Array(data)),
  }),
});
