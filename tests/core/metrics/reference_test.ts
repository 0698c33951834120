import { assertAlmostEquals, assertEquals } from "@std/assert";
import { againstReference } from "../../../core/metrics/mod.ts";

/** Four samples with mean (1, 2) and covariance diag(4, 1) times 4/3. */
const samples = Float64Array.of(3, 3, 3, 1, -1, 3, -1, 1), mean = Float64Array.of(1, 2);
const judged = { truth: mean, mean, samples, shape: [2], mask: Float32Array.of(1, 1) };
const covariance = Float64Array.of(16 / 3, 0, 0, 4 / 3);

Deno.test("a posterior with the reference's moments is at distance 0 in mean, covariance and KL", () => {
  const found = againstReference({ ...judged, reference: { mean, covariance, exact: true } });
  for (const value of [found.meanError, found.covarianceError, found.kl]) assertAlmostEquals(value, 0, 1e-12);
});

Deno.test("distances from the reference are those computed by hand", () => {
  // Reference N((1, 0), I): |m - m_ref| = 2, tr C_ref = 2, C - I = diag(13/3, 1/3).
  const reference = { mean: Float64Array.of(1, 0), covariance: Float64Array.of(1, 0, 0, 1), exact: true };
  const { meanError, covarianceError, kl } = againstReference({ ...judged, reference });
  assertAlmostEquals(meanError, Math.sqrt(2), 1e-12);
  assertAlmostEquals(covarianceError, Math.sqrt((169 + 1) / 9 / 2), 1e-12);
  assertAlmostEquals(kl, (20 / 3 + 4 - 2 - Math.log(64 / 9)) / 2, 1e-12);
});

Deno.test("the KL divergence is given of exact references alone, nothing where there are no samples", () => {
  const reference = { mean, covariance, exact: false };
  assertEquals(Object.keys(againstReference({ ...judged, reference })), ["meanError", "covarianceError"]);
  assertEquals(againstReference({ ...judged, samples: undefined, reference }), {});
  assertEquals(againstReference(judged), {});
});
