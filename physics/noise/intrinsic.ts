import { z } from "zod";
import { plugin } from "../../core/registry/plugin.ts";
import type { NoiseModel } from "../../core/contracts/problem.ts";
import { sizeOf } from "../../core/base/shape.ts";

/** What a simulator has in place of additive noise. */
export const intrinsicNoise = plugin({
  slot: "noise",
  kind: "intrinsic",
  about: "none is added: the operator is a simulator, whose data are random by themselves",
  simulates: true,
  schema: z.strictObject({}),
  build: () => none,
});

const none: NoiseModel = {
  sigma: 0,
  sample: (_key, range) => new Float32Array(sizeOf(range)),
  whiten() {
    throw new Error(
      "A simulator's data have no additive noise to whiten: their likelihood is the simulator's",
    );
  },
  degreesOfFreedom: () => 0,
};
