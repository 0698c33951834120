import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { Judgement } from "../../../core/contracts/metric.ts";
import { Uncomputable } from "../../../core/base/uncomputable.ts";
import { vector } from "../../spaces.ts";
import { metrics } from "./by_kind.ts";

const moments = metrics["reference-moments"], divergence = metrics.kl;

const againstReference = (judgement: Judgement): Record<string, number> =>
  Object.assign({}, moments.evaluate(judgement), divergence.evaluate(judgement));

/** Four samples with mean (1, 2) and covariance diag(4, 1) times 4/3. */
const samples = Float64Array.of(3, 3, 3, 1, -1, 3, -1, 1), mean = Float64Array.of(1, 2);
const judged = { truth: mean, mean, samples, space: vector(2), mask: Float32Array.of(1, 1) };
const covariance = Float64Array.of(16 / 3, 0, 0, 4 / 3);

Deno.test("a posterior with the reference's moments is at distance 0 in mean, covariance and KL", () => {
  const found = againstReference({ ...judged, reference: { mean, covariance, exact: true } });
  for (const value of [found.meanError, found.covarianceError, found.kl]) assertAlmostEquals(value, 0, 1e-12);
  assertAlmostEquals(found.stdRatio, 1, 1e-12);
});

Deno.test("distances from the reference are those computed by hand", () => {
  // Reference N((1, 0), I): C - I = diag(13/3, 1/3).
  const reference = { mean: Float64Array.of(1, 0), covariance: Float64Array.of(1, 0, 0, 1), exact: true };
  const { meanError, stdRatio, covarianceError, kl } = againstReference({ ...judged, reference });
  assertAlmostEquals(meanError, Math.sqrt(2), 1e-12); // errors 0 and 2 of deviation 1
  assertAlmostEquals(stdRatio, (Math.sqrt(16 / 3) + Math.sqrt(4 / 3)) / 2, 1e-12);
  assertAlmostEquals(covarianceError, Math.sqrt((169 + 1) / 9 / 2), 1e-12);
  assertAlmostEquals(kl, (20 / 3 + 4 - 2 - Math.log(64 / 9)) / 2, 1e-12);
});

Deno.test("the KL divergence is given of exact references alone, nothing where there are no samples", () => {
  const reference = { mean, covariance, exact: false };
  assertEquals(Object.keys(againstReference({ ...judged, reference })), [
    "meanError",
    "stdRatio",
    "covarianceError",
  ]);
  assertEquals(againstReference({ ...judged, samples: undefined, reference }), {});
  assertEquals(againstReference(judged), {});
});

Deno.test("samples that are copies of two have no KL divergence, and neither has a constant component's error", () => {
  const copies = Float64Array.of(1, 2, 1, 2, 3, 4, 3, 4), reference = { mean, covariance, exact: true };
  const copied = { ...judged, mean: Float64Array.of(2, 3), samples: copies };
  assertThrows(() => divergence.evaluate({ ...copied, reference }), Uncomputable, "not positive definite");
  assertEquals(Object.keys(moments.evaluate({ ...copied, reference })), moments.gives);
  const flat = { ...reference, covariance: Float64Array.of(1, 0, 0, 0) };
  assertThrows(
    () => moments.evaluate({ ...judged, reference: flat }),
    Uncomputable,
    "Component 1 of the reference",
  );
  assertThrows(
    () => divergence.evaluate({ ...judged, reference, samples: copies.subarray(4) }),
    Uncomputable,
    "3",
  );
});
