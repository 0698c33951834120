import { z } from "zod";
import { plugin } from "../../core/registry/plugin.ts";
import type { Simulator } from "../../core/contracts/problem.ts";
import { fold, normals64, uniforms } from "../../core/base/random.ts";
import { about } from "../../core/base/units.ts";
import { simulatorShapes, simulatorSurvey } from "./simulator.ts";

const schema = z.strictObject({
  size: about(z.int().min(1).max(1e4), "number of unknowns, and of data").default(2),
  sigmas: about(z.array(z.number().positive()).min(1), "standard deviation of each equally probable part")
    .default([1, 0.1]),
});

/** The benchmark's Gaussian mixture. */
export const scaleMixture = plugin({
  slot: "operator",
  kind: "scale-mixture",
  about: "benchmark simulator: the data are the unknown with noise that is now wide, now narrow",
  simulates: true,
  shapes: ({ size }) => simulatorShapes({ size, data: size }),
  schema,
  build: ({ size, sigmas }) =>
    simulatorSurvey(simulator(sigmas), { kind: "scale-mixture", size, data: size }),
});

/** `d ~ mean_k N(x, sigma_k^2 I)` (Sisson, Fan, Tanaka 2007, with two parts). */
function simulator(sigmas: readonly number[]): Simulator {
  return {
    sample(key, x) {
      const sigma = sigmas[Math.floor(sigmas.length * uniforms(fold(key, "part"), 1)[0])];
      const e = normals64(fold(key, "normal"), x.length);
      return Float32Array.from(x, (v, i) => v + sigma * e[i]);
    },
    logLikelihood(x, d) {
      const e = Float64Array.from(x, (v, i) => d[i] - v), square = e.reduce((sum, v) => sum + v * v, 0);
      const logs = sigmas.map((s) =>
        -square / (2 * s * s) - x.length * Math.log(s * Math.sqrt(2 * Math.PI)) - Math.log(sigmas.length)
      );
      const top = Math.max(...logs), shares = logs.map((l) => Math.exp(l - top));
      const total = shares.reduce((a, b) => a + b, 0);
      const precision = sigmas.reduce((sum, s, k) => sum + shares[k] / total / (s * s), 0);
      return { value: top + Math.log(total), gradient: e.map((v) => precision * v) };
    },
  };
}
