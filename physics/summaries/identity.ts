import { z } from "zod";
import { sizeOf } from "../../core/base/shape.ts";
import type { Survey } from "../../core/contracts/operator.ts";
import { plugin } from "../../core/registry/plugin.ts";
import type { Space } from "../../core/contracts/vector.ts";

/** The data themselves. */
export const identitySummary = plugin({
  slot: "summary",
  kind: "identity",
  about: "the data themselves, for problems whose data are few",
  schema: z.strictObject({}),
  shapes: (_options, { operator }) => operator && spaceOf(operator),
  cost: () => ({ solves: 0, linear: true, image: false }),
  build: (_options, { survey }) => ({
    space: spaceOf(survey),
    linear: true,
    apply: (data) => Promise.resolve(new Float32Array(data)),
  }),
});

/** All data of a survey in a row. */
function spaceOf({ sources, shotRange }: Pick<Survey, "sources" | "shotRange">): Space {
  return { name: "data", kind: "data", shape: [sources * sizeOf(shotRange)] };
}
