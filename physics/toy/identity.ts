import { z } from "zod";
import { plugin } from "../../core/registry/plugin.ts";
import { identity as identityOperator, singleShot } from "../../core/linalg/mod.ts";
import { about } from "../../core/base/units.ts";

/** The unknown itself, with noise. */
export const identity = plugin({
  slot: "operator",
  kind: "identity",
  about: "the data are the unknown itself",
  schema: z.strictObject({
    size: about(z.int().min(1).max(1e6), "number of unknowns of a vector").default(2),
    shape: about(z.tuple([z.int().min(1), z.int().min(1)]), "of an image [z, x], in place of size")
      .optional(),
  }),
  shapes: ({ size, shape = [size] }) => ({ domain: shape, shotRange: shape, sources: 1 }),
  build: ({ size, shape }) =>
    singleShot({
      ...identityOperator({ name: "x", shape: shape ?? [size] }),
      range: { name: "data", shape: shape ?? [size] },
    }),
});
