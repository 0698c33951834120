import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { judgeGates } from "../../../core/judge/gates.ts";
import { fold, normals64, rootKey } from "../../../core/base/random.ts";

const scenario = (slug: string, amortized: ArrayLike<number>, corrected: ArrayLike<number>) => {
  const rows = (values: ArrayLike<number>) => Array.from(values, (snr) => ({ snr }));
  return { name: slug, slug, values: { amortized: rows(amortized), corrected: rows(corrected) } };
};
const scenarios = [scenario("nominal", [4, 6], [5, 7.2]), scenario("more-noise", [1, 1.2], [4, 4.4])];

Deno.test("a gate judges the mean over scenarios, or over the one it names", () => {
  const judged = judgeGates({
    "corrected.snr": ">= 5 dB",
    "corrected.snr_gain": "> 3",
    "nominal/corrected.snr_gain": ">= 1 dB",
    "more-noise/amortized.snr": "< 1.5",
  }, scenarios);
  judged.forEach(({ value }, i) => assertAlmostEquals(value!, [5.15, 2.1, 1.1, 1.1][i], 1e-12));
  assertEquals(judged.map((g) => g.passed), [true, false, true, true]);
});

Deno.test("the error of a gain is that of paired differences, over scenarios by Welch and Satterthwaite", () => {
  const [one, both] = judgeGates(
    { "nominal/corrected.snr_gain": ">= 1.2", "corrected.snr_gain": ">= 2.2" },
    scenarios,
  );
  assertAlmostEquals(one.standardError!, 0.1, 1e-12); // gains 1 and 1.2
  assertAlmostEquals(one.z!, -1, 1e-9);
  assertAlmostEquals(one.pValue!, 0.25, 1e-9); // Cauchy: P(T < -1)
  assertAlmostEquals(both.standardError!, Math.SQRT2 * 0.1 / 2, 1e-12); // gains 3 and 3.2 as well
  assertAlmostEquals(both.z!, -Math.SQRT2, 1e-9);
  assertAlmostEquals(both.pValue!, 0.146447, 1e-6); // t with 2 degrees of freedom: (1 - sqrt(2) / 2) / 2
  assert(one.passed && both.passed, "a miss within the error is no failure");
});

Deno.test("a clear miss fails on either side, and passes on the other", () => {
  const clear = [scenario("nominal", [1, 1.1, 0.9, 1], [5, 5.1, 4.9, 5])];
  const passed = (limit: string) => judgeGates({ "corrected.snr": limit }, clear)[0].passed;
  assertEquals([">= 6", "> 6", "<= 6", "< 6"].map(passed), [false, false, true, true]);
  assertEquals([">= 4", "> 4", "<= 4", "< 4"].map(passed), [true, true, false, false]);
});

Deno.test("without a standard error the comparison is plain", () => {
  const single = [scenario("nominal", [1], [5])], equal = [scenario("nominal", [1, 1], [5, 5])];
  for (const one of [single, equal]) {
    const [above, at, strict] = ["> 4.9", ">= 5", "> 5"].map((limit) =>
      judgeGates({ "corrected.snr": limit }, one)[0]
    );
    assertEquals([above.passed, at.passed, strict.passed], [true, true, false]);
    assertEquals([above.standardError, above.z, above.pValue], [undefined, undefined, undefined]);
  }
});

Deno.test("p-values of scenarios are joined by Bonferroni, and compared plainly", () => {
  const tested = scenarios.map((s, i) => ({ ...s, pValues: { calibration: { amortized: [0.03, 0.5][i] } } }));
  const [all, one, other] = judgeGates({
    "calibration.amortized": ">= 0.05",
    "nominal/calibration.amortized": ">= 0.05",
    "more-noise/calibration.amortized": "< 0.05",
  }, tested);
  assertEquals([all.value, one.value, other.value], [0.06, 0.03, 0.5]);
  assertEquals([all.passed, one.passed, other.passed], [true, false, false]);
});

Deno.test("a value exactly at its limit fails one run in twenty, one two deviations below nearly always", () => {
  const rate = (limit: number, n: number) => {
    const runs = 2000, key = fold(rootKey(3), n);
    const failed = Array.from({ length: runs }, (_, k) => {
      const z = normals64(fold(key, k), 2 * n), unequal = z.map((v, i) => i < n ? v : 5 * v);
      const two = [scenario("a", z, unequal.subarray(0, n)), scenario("b", z, unequal.subarray(n))];
      return judgeGates({ "corrected.snr": `>= ${limit}` }, two)[0].passed ? 0 : 1;
    });
    return failed.reduce<number>((a, b) => a + b, 0) / runs;
  };
  // Three binomial standard errors of 2000 runs: 0.015.
  for (const n of [4, 16]) assertLess(Math.abs(rate(0, n) - 0.05), 0.015, `${n} observations`);
  assert(rate(10, 16) > 0.98);
});

Deno.test("a gate whose metric any observation lacks fails with the reason, a gain on either side's", () => {
  const reason = "The truth is 0 everywhere",
    absent = { amortized: [{ snr: reason }, {}], corrected: [{}, {}] };
  const lacking = { ...scenario("quiet", [1, 1], [5, 5]), absent };
  lacking.values.amortized = [{} as { snr: number }, { snr: 1 }];
  const judged = judgeGates({
    "amortized.snr": ">= 0",
    "corrected.snr": ">= 0",
    "corrected.snr_gain": ">= 0",
    "nominal/amortized.snr": ">= 0",
  }, [scenarios[0], lacking]);
  assertEquals(judged.map(({ passed, reason }) => [passed, reason]), [
    [false, reason],
    [true, undefined],
    [false, reason],
    [true, undefined],
  ]);
  assertEquals(judged[0].value, null);
});

Deno.test("a gate on a p-value that cannot be computed fails with the reason", () => {
  const absent = { detection: [{ latent: "no latents" }], calibration: [{ amortized: "no trials" }] };
  const judged = judgeGates({ "detection.latent": "< 1", "calibration.amortized": "< 1" }, [
    { ...scenarios[0], absent, pValues: { detection: { latent: 0.5 } } },
  ]);
  assertEquals(judged.map(({ passed, reason }) => [passed, reason]), [[false, "no latents"], [
    false,
    "no trials",
  ]]);
});

Deno.test("a gate on a value that does not exist fails", () => {
  for (
    const name of ["corrected.coverage90", "refined.snr", "calibration.amortized", "elsewhere/corrected.snr"]
  ) {
    const [gate] = judgeGates({ [name]: ">= 0" }, scenarios);
    assertEquals([gate.value, gate.passed], [null, false], name);
    assertEquals(gate.reason, `The run has no ${name.replace(/^.*\//, "")}`);
  }
});
