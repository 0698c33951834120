import { z } from "zod";
import type { LinearOperator } from "../../core/contracts/operator.ts";
import { plugin } from "../../core/registry/plugin.ts";
import type { Space } from "../../core/contracts/vector.ts";
import { identity as identityOperator } from "../../core/linalg/mod.ts";
import { about } from "../../core/base/units.ts";
import { singleShot } from "../single_shot.ts";

const schema = z.strictObject({
  size: about(z.int().min(1).max(1e6), "number of unknowns of a vector").default(2),
  shape: about(z.tuple([z.int().min(1), z.int().min(1)]), "of an image [z, x], in place of size").optional(),
});

/** The unknown itself, with noise. */
export const identity = plugin({
  slot: "operator",
  kind: "identity",
  about: "the data are the unknown itself",
  schema,
  shapes(options) {
    const { domain, range } = spacesOf(options);
    return { domain, shotRange: range, sources: 1 };
  },
  build(options) {
    const { domain, range } = spacesOf(options);
    return singleShot({ ...identityOperator(domain), range });
  },
});

/** An image where there is a shape, else a vector. */
function spacesOf({ size, shape }: z.output<typeof schema>): Pick<LinearOperator, "domain" | "range"> {
  const domain: Space = shape
    ? { name: "x", kind: "image", shape }
    : { name: "x", kind: "vector", shape: [size] };
  return { domain, range: { name: "data", kind: "data", shape: domain.shape } };
}
