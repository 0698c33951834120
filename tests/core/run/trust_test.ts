import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { registry } from "../../../mod.ts";
import { planOf } from "../../../core/plan/plan.ts";
import { loadSpec } from "../../../core/spec/mod.ts";
import { finish, start, TINY_IMAGING } from "./program.ts";

/** Born imaging of 16 x 16 cells with every test that a run can make of its posteriors. */
const SPEC = `${TINY_IMAGING}training: { pairs: 200, epochs: 2, batch: 8, average: 0.9 }
shifts: [{ name: loud, noise: { level: { scale: 6 } } }]
correction: { kind: diagonal, passes: 2 }
evaluation:
  observations: 2
  samples: 40
  metrics: [snr, energy-score, contraction, coverage-by-depth, coverage-by-illumination, predictive]
  baselines: []
  detection: 19
  tradeoff: true
  calibration: { observations: 20, samples: 9, corrected: true }
policy: { solves: 100 }
gates: { calibration.amortized: "< 0.9", loud/detection.joint: "< 0.2", policy.snr: "> -20" }
`;

const loaded = await loadSpec("tiny.yaml", { registry, text: SPEC });

/** The run, done once: its summary, its events, its report. */
const run = (async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/spec.yaml`, SPEC);
    const args = ["run", "spec.yaml", "--engine", "wasm", "--workers", "1", "--out", "run"];
    const { code, err } = await finish(start(folder, args));
    const read = (name: string) => Deno.readTextFile(`${folder}/run/${name}`);
    const events = (await read("metrics.jsonl")).trim().split("\n").map((line) => JSON.parse(line));
    const [summary, report] = [JSON.parse(await read("summary.json")), await read("report.html")];
    return { code, err, events, summary, report };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
})();

Deno.test("a run with all its tests takes exactly the solves that check tells", async () => {
  const { summary, err } = await run;
  const { stages } = planOf(loaded.spec, { registry, resources: { workers: 1, memory: 4e9 } })!;
  const solvesOf = (all: readonly { name: string; solves: number }[]) =>
    all.map(({ name, solves }) => [name, solves]);
  assertEquals(solvesOf(summary.stages), solvesOf(stages), err);
});

Deno.test("a louder noise is detected in every observation, and the policy corrects them", async () => {
  const { summary: { scenarios: [, loud] } } = await run;
  for (const { summary, residual, latent, joint } of loud.detection.observations) {
    assert(summary <= 0.05, `the summary has p = ${summary}`);
    assertEquals(joint, Math.min(1, 3 * Math.min(summary, residual, latent)));
  }
  assertEquals(loud.decisions.map((d: any) => [d.method, d.action]), Array(2).fill(["corrected", "correct"]));
  assertEquals(loud.policy, loud.corrected);
});

Deno.test("accuracy beside cost: the correction after its passes, and every method at its solves", async () => {
  const { summary: { scenarios }, report } = await run;
  for (const { tradeoff, amortized, corrected, cost } of scenarios) {
    const of = (method: string) => tradeoff.filter((point: any) => point.method === method);
    const [{ solves, snr }] = of("amortized");
    assertEquals([solves, snr], [2, amortized.snr]); // a migration of two sources
    assertEquals(of("corrected").map(({ pass }: any) => pass), [1, 2]);
    const [first, end] = of("corrected");
    assertEquals([end.solves, end.snr], [2 + cost.solves, corrected.snr]);
    assert(first.solves < end.solves && first.snr !== end.snr);
  }
  assertStringIncludes(report, "Accuracy and cost");
});

Deno.test("decisions and p-values are events, and every metric that was asked for has a value", async () => {
  const { events, summary: { scenarios } } = await run;
  const of = (stage: string) => events.filter((event) => event.stage === stage);
  assertEquals([of("detect").length, of("policy").length], [4, 4]);
  assert(of("policy").every(({ reason, solves }) => typeof reason === "string" && solves <= 100));
  for (const { amortized, calibration } of scenarios) {
    const missing = Object.entries(amortized).filter(([, value]) => value === null).map(([name]) => name);
    assertEquals(missing, []);
    assertEquals(Object.keys(amortized).filter((name) => name.startsWith("coverageBy")).length, 6);
    assertEquals(Object.keys(calibration), ["amortized", "corrected"]);
    assertEquals(Object.keys(calibration.amortized.sbc).at(-1), "summary");
    assertEquals(Object.keys(calibration.amortized.groups), ["Shallow", "Middle", "Deep", "all"]);
  }
});

Deno.test("gates judge p-values and the policy, and the report shows what was found", async () => {
  const { code, summary: { gates }, err, report } = await run;
  assertEquals(gates.map((gate: any) => gate.passed), [true, true, true], err);
  assertEquals(code, 0);
  assertStringIncludes(err, "like the training data: p = ");
  assertStringIncludes(err, "calibration of the corrected posterior: p = ");
  for (
    const part of ["<h3>Shift</h3>", "<h3>Calibration</h3>", "Coverage by region", "random balls (TARP)"]
  ) {
    assertStringIncludes(report, part);
  }
});
