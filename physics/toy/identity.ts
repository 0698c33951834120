import { z } from "zod";
import { plugin } from "../../core/contracts/plugin.ts";
import { singleShot } from "../../core/linalg/mod.ts";
import { about } from "../../core/units.ts";

/** The unknown itself, with noise. */
export const identity = plugin({
  slot: "operator",
  kind: "identity",
  about: "the data are the unknown itself",
  schema: z.strictObject({ size: about(z.int().min(1).max(1e6), "number of unknowns").default(2) }),
  build({ size }) {
    const copy = (v: Float32Array | Float64Array) => Promise.resolve(v.slice());
    const space = (name: string) => ({ name, shape: [size] });
    return singleShot({ domain: space("x"), range: space("data"), forward: copy, adjoint: copy });
  },
});
