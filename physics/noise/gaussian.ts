import { z } from "zod";
import { plugin } from "../../core/registry/plugin.ts";
import type { NoiseModel } from "../../core/contracts/problem.ts";
import { normals } from "../../core/base/random.ts";
import { levelRemarks, levelSchema, sigmaOf } from "./level.ts";
import { sizeOf } from "../../core/base/shape.ts";

/** White Gaussian noise. */
export const gaussianNoise = plugin({
  slot: "noise",
  kind: "gaussian",
  about: "independent normal noise on every datum",
  schema: z.strictObject({ level: levelSchema }),
  preflight: ({ level }, context) => levelRemarks(level, context),
  build: ({ level }, context) => whiteNoise(sigmaOf(level, context)),
});

/** Independent `N(0, sigma^2)`. */
export function whiteNoise(sigma: number): NoiseModel {
  return {
    sigma,
    sample: (key, range) => normals(key, sizeOf(range)).map((v) => sigma * v),
    whiten: (r) => r.map((v) => v / sigma),
    degreesOfFreedom: sizeOf,
  };
}
