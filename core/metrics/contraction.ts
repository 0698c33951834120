import type { Vector } from "../contracts/vector.ts";
import { Uncomputable } from "../base/uncomputable.ts";
import type { Estimate } from "./energy.ts";
import { metric, needSamples, unmasked } from "./metric.ts";

/**
 * Prior-to-posterior contraction of the cells given, the mean of `1 - var_posterior / var_prior` (Schad, Betancourt,
 * Vasishth 2021, "Toward a principled Bayesian workflow", sec. 2): 0 where the data say nothing, 1 where they say
 * all. `samples` flat [n, size], `priorVariance` [size], positive on the cells. The standard
 * error takes the samples' squared deviations as independent.
 */
export function contraction(
  { samples, priorVariance, cells }: { samples: Vector; priorVariance: Vector; cells: readonly number[] },
): Estimate {
  const size = priorVariance.length, n = samples.length / size;
  // What sample k adds to the mean variance ratio: its squared deviation in units of the prior's variance.
  const shares = new Float64Array(n);
  for (const cell of cells) {
    let mean = 0;
    for (let k = 0; k < n; k++) mean += samples[k * size + cell] / n;
    for (let k = 0; k < n; k++) {
      shares[k] += (samples[k * size + cell] - mean) ** 2 / (priorVariance[cell] * cells.length);
    }
  }
  const sum = shares.reduce((a, b) => a + b, 0);
  const square = shares.reduce((s, v) => s + (v - sum / n) ** 2, 0);
  return { value: 1 - sum / (n - 1), error: n / (n - 1) * Math.sqrt(square / (n - 1) / n) };
}

/** Prior-to-posterior contraction of the cells that the prior leaves free. */
export const contractionMetric = metric({
  kind: "contraction",
  about: "mean over cells of 1 less the ratio of the posterior's variance to the prior's",
  default: true,
  needs: ["samples", "priorVariance"],
  gives: { contraction: { label: "contraction", decimals: 3 } },
  evaluate({ samples, priorVariance, mask }) {
    const cells = unmasked(mask).filter((i) => priorVariance[i] > 0);
    if (cells.length === 0) {
      throw new Uncomputable("The prior leaves no cell free: there is nothing to contract");
    }
    needSamples(samples.length / priorVariance.length, { least: 2, what: "the contraction" });
    return { contraction: contraction({ samples, priorVariance, cells }).value };
  },
});
