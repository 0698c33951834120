import { klGaussians } from "../linalg/mod.ts";
import { metric, needSamples } from "./metric.ts";
import { sampleCovariance } from "./sample_covariance.ts";

/**
 * `kl = KL(N(m, C) || N(m_ref, C_ref))` in nats for an exact reference; of n exact samples of d components about
 * `d (d + 3) / (4 n)` remains. Samples that span fewer directions than there are, as copies of a few do, have none.
 */
export const kl = metric({
  kind: "kl",
  about: "Kullback-Leibler divergence from an exact Gaussian posterior",
  besideReference: { exact: true },
  needs: ["samples", "reference"],
  gives: { kl: { label: "KL to exact", unit: "nats", better: "lower", decimals: 3 } },
  evaluate({ mean, samples, reference }): Record<string, number> {
    if (!reference.exact) return {};
    const size = mean.length, covariance = sampleCovariance(samples, mean);
    needSamples(samples.length / size, { least: size + 1, what: `KL of ${size} unknowns` });
    return { kl: klGaussians({ mean: Float64Array.from(mean), covariance }, reference) };
  },
});
