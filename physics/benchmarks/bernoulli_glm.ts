import { z } from "zod";
import { plugin } from "../../core/registry/plugin.ts";
import type { Simulator } from "../../core/contracts/problem.ts";
import { normals64, rootKey, uniforms } from "../../core/base/random.ts";
import { about } from "../../core/base/units.ts";
import { simulatorShapes, simulatorSurvey } from "./simulator.ts";

const schema = z.strictObject({
  length: about(z.int().min(1).max(100), "of the filter; with the offset there is one unknown more").default(
    9,
  ),
  bins: about(z.int().min(1).max(1e5), "of time").default(100),
  seed: about(z.int().min(0), "of the stimulus, white normal noise").default(42),
});

/** A neuron's generalised linear model. */
export const bernoulliGlm = plugin({
  slot: "operator",
  kind: "bernoulli-glm",
  about: "benchmark simulator: a neuron's offset and filter, from its spikes under a known stimulus",
  simulates: true,
  shapes: ({ length }) => simulatorShapes({ size: length + 1, data: length + 1 }),
  schema,
  build({ length, bins, seed }) {
    const design = designOf(normals64(rootKey(seed), bins), length), size = length + 1;
    return simulatorSurvey(simulator(design), { kind: "bernoulli-glm", size, data: size });
  },
});

/** One row per bin: 1 for the offset, then the stimulus now and before, 0 before it began. */
function designOf(stimulus: Float64Array, length: number): Float64Array[] {
  return Array.from(
    stimulus,
    (_, t) => Float64Array.from({ length: length + 1 }, (_, j) => j === 0 ? 1 : stimulus[t - j + 1] ?? 0),
  );
}

/**
 * Spikes `s_t ~ Bernoulli(1 / (1 + exp(-v_t . x)))`, v_t the rows of the design; the data are `sum_t s_t v_t`, which
 * are sufficient (Goncalves et al. 2020). `log p(d | x) = x . d - sum_t log(1 + exp(v_t . x))`, up to the number
 * of spike trains that give these data.
 */
function simulator(design: readonly Float64Array[]): Simulator {
  const along = (v: Float64Array, x: ArrayLike<number>) => v.reduce((sum, w, i) => sum + w * x[i], 0);
  return {
    sample(key, x) {
      const u = uniforms(key, design.length), out = new Float64Array(x.length);
      design.forEach((v, t) => {
        if (u[t] < 1 / (1 + Math.exp(-along(v, x)))) v.forEach((w, i) => out[i] += w);
      });
      return new Float32Array(out);
    },
    logLikelihood(x, d) {
      const gradient = Float64Array.from(d);
      let value = 0;
      for (let i = 0; i < d.length; i++) value += x[i] * d[i];
      for (const v of design) {
        const level = along(v, x), rate = 1 / (1 + Math.exp(-level));
        value -= Math.max(level, 0) + Math.log1p(Math.exp(-Math.abs(level)));
        v.forEach((w, i) => gradient[i] -= rate * w);
      }
      return { value, gradient };
    },
  };
}
