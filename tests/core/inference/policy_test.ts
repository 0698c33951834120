import { assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { type Budget, decide, type Evidence } from "../../../core/inference/policy.ts";

const budget: Budget = { solves: 1000, correction: 160, refinement: 500, level: 0.05 };
const sound = { residual: 0.6, kHat: 0.3, threshold: 0.62 };

/** What is done with an observation: the decision before a correction, and that after it where there is one. */
function course(evidence: Evidence, own: Partial<Budget> = {}) {
  const first = decide({ ...evidence, corrected: undefined }, { ...budget, ...own });
  return first.action === "correct" && evidence.corrected ? decide(evidence, { ...budget, ...own }) : first;
}

Deno.test("in distribution the amortized posterior is trusted", () => {
  const { action, warning } = course({ shift: 0.4, corrected: sound });
  assertEquals([action, warning], ["trust", false]);
});

Deno.test("a shifted prior is corrected, and a sound correction stands", () => {
  const { action, warning } = course({ shift: 0.004, corrected: sound });
  assertEquals([action, warning], ["correct", false]);
});

Deno.test("a shift that only the scenario's observations show together is corrected, and the reason says so", () => {
  const first = decide({ shift: 0.4, together: 0.002 }, budget);
  assertEquals([first.action, first.warning], ["correct", false]);
  assertStringIncludes(first.reason, "observations together are unlike the training data (p = 0.0040)");
  const alone = decide({ shift: 0.01, together: 0.3 }, budget);
  assertEquals(alone.action, "correct");
  assertStringIncludes(alone.reason, "the observation is unlike the training data (p = 0.020)");
  const poor = decide({ shift: 0.4, together: 0.002 }, { ...budget, solves: 0 });
  assertEquals([poor.action, poor.warning], ["trust", true]);
  assertStringIncludes(poor.reason, "observations together are unusual");
});

Deno.test("two tests of a shift keep the level: of uniform p-values no more decisions than it says correct", () => {
  assertEquals(decide({ shift: 0.026, together: 0.03 }, budget).action, "trust");
  const places = Array.from({ length: 200 }, (_, i) => (i + 0.5) / 200);
  const corrected = places.flatMap((shift) =>
    places.filter((together) => decide({ shift, together }, budget).action === "correct")
  );
  assertAlmostEquals(corrected.length / places.length ** 2, 1 - 0.975 ** 2, 1e-9);
});

Deno.test("a correction whose weights cannot be trusted is refined", () => {
  const { action, reason } = course({
    shift: 0.001,
    corrected: { residual: 0.3, kHat: 1.4, threshold: 0.62 },
  });
  assertEquals(action, "refine");
  assertStringIncludes(reason, "k-hat is 1.40, above 0.62");
});

Deno.test("a correction that leaves the data unexplained is refined, also where weights cannot be had", () => {
  const { action, reason } = course({ shift: 0.001, corrected: { residual: 0.01 } });
  assertEquals(action, "refine");
  assertStringIncludes(reason, "the data are not explained (p = 0.010)");
});

Deno.test("a budget of 0 trusts with a warning that says what is missing", () => {
  const { action, reason, warning } = course({ shift: 0.001 }, { solves: 0 });
  assertEquals([action, warning], ["trust", true]);
  assertStringIncludes(reason, "a correction takes 160 solves, 0 are left");
});

Deno.test("more noise, known to the likelihood and unknown to the flow, is corrected though nothing looks unusual", () => {
  const first = decide({ shift: 0.6, changed: ["noise"] }, budget);
  assertEquals([first.action, first.warning], ["correct", false]);
  assertStringIncludes(first.reason, "noise changed");
  const { action, warning } = course({
    shift: 0.6,
    changed: ["noise"],
    corrected: { residual: 0.9, kHat: 0.2 },
  });
  assertEquals([action, warning], ["correct", false]);
});

Deno.test("where no refinement is declared, or none is affordable, the correction is kept with a warning", () => {
  const evidence = { shift: 0.001, corrected: { kHat: 2 } };
  const none = course(evidence, { refinement: undefined }), dear = course(evidence, { refinement: 5000 });
  assertEquals([none.action, none.warning, dear.action, dear.warning], ["correct", true, "correct", true]);
  assertStringIncludes(none.reason, "no refinement is declared");
  assertStringIncludes(dear.reason, "a refinement takes 5000 solves, 1000 are left");
});

Deno.test("a k-hat that is not a number, or infinite, is no sound correction", () => {
  for (const kHat of [NaN, Infinity]) {
    assertEquals(course({ shift: 0, corrected: { kHat } }).action, "refine");
  }
});
