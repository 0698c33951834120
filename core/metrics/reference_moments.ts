import { norm } from "../linalg/mod.ts";
import { Uncomputable } from "../base/uncomputable.ts";
import { metric } from "./metric.ts";
import { sampleCovariance } from "./sample_covariance.ts";

/**
 * Distance of a posterior's moments from the reference's: `meanError = sqrt(mean_i ((m - m_ref)_i / sigma_ref,i)^2)`,
 * in units of the reference's pointwise standard deviation; `stdRatio = mean_i sigma_i / sigma_ref,i`;
 * `covarianceError = |C - C_ref|_F / |C_ref|_F`. Of n exact samples of d components there remain about `1 / sqrt(n)`,
 * `1 +- 1 / sqrt(2 n d)` and `(d + 1) / sqrt(n)` at most.
 */
export const referenceMoments = metric({
  kind: "reference-moments",
  about: "distance of the mean, standard deviation and covariance from those of a reference posterior",
  besideReference: {},
  needs: ["samples", "reference"],
  gives: {
    meanError: { label: "mean error", unit: "std", better: "lower", decimals: 3 },
    stdRatio: { label: "std to exact", better: 1, decimals: 3 },
    covarianceError: { label: "covariance error", better: "lower", decimals: 3 },
  },
  evaluate({ mean, samples, reference }) {
    const size = reference.mean.length, covariance = sampleCovariance(samples, mean);
    const std = (c: Float64Array, i: number) => Math.sqrt(c[i * (size + 1)]);
    const sigma = reference.mean.map((_, i) => std(reference.covariance, i));
    const constant = sigma.findIndex((v) => !(v > 0));
    if (constant >= 0) {
      throw new Uncomputable(
        `Component ${constant} of the reference is constant: it has no standard deviation`,
      );
    }
    const error = reference.mean.map((v, i) => (mean[i] - v) / sigma[i]);
    const departure = reference.covariance.map((v, k) => covariance[k] - v);
    return {
      meanError: norm(error) / Math.sqrt(size),
      stdRatio: sigma.reduce((sum, v, i) => sum + std(covariance, i) / v, 0) / size,
      covarianceError: norm(departure) / norm(reference.covariance),
    };
  },
});
