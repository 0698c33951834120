import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { fileURLToPath } from "node:url";
import { planOf } from "../../../core/plan/plan.ts";
import { CORE_SPEED } from "../../../core/plan/prices.ts";
import { checkText } from "../../../core/cli/check_text.ts";
import { loadSpec } from "../../../core/spec/mod.ts";
import { registry } from "../../../mod.ts";

const experiment = (name: string) =>
  fileURLToPath(new URL(`../../../experiments/${name}.yaml`, import.meta.url));

async function planned(
  name: string,
  { overrides = [], cores = 2, memory = 8e9 }: { overrides?: string[]; cores?: number; memory?: number } = {},
) {
  const loaded = await loadSpec(experiment(name), { registry, overrides });
  const plan = planOf(loaded.spec, { registry, resources: { workers: cores, memory } })!;
  const stage = (name: string) => plan.stages.find((s) => s.name === name)!;
  return { loaded, plan, stage };
}

Deno.test("the published setting is priced in days and gigabytes; its backgrounds need 3.1 GB, or every solve twice", async () => {
  const roomy = await planned("paper-256");
  assertEquals(roomy.plan.wavefields.where, "memory");
  assertEquals(Math.round(roomy.plan.wavefields.bytes / 1e8), 31);
  assertEquals(roomy.stage("simulate").solves, 102 * (1 + 16 + 3 * 4500));
  const { loaded, plan, stage } = await planned("paper-256", { memory: 3e9 });
  assertEquals(plan.wavefields.where, "recompute");
  // Every application of the 102 shots takes their backgrounds too: signal, its RTM, the noise's RTM; 16 draws.
  assertEquals(stage("simulate").solves, 2 * 102 * (16 + 3 * 4500));
  const cellSteps = (256 + 80) ** 2 * 1451;
  assertEquals(stage("simulate").seconds, stage("simulate").solves * cellSteps / CORE_SPEED.cellSteps / 2);
  const text = checkText(loaded, plan);
  for (const part of [/simulate .* days/, /total .* days/, /training pairs 3\.5 GB/, /fit neither/]) {
    assert(part.test(text), `${part} is not in ${text}`);
  }
});

Deno.test("twice the cores halve what is spread over them, and not the correction", async () => {
  const [one, two] = [
    await planned("published-correction", { cores: 1 }),
    await planned("published-correction", { cores: 2 }),
  ];
  assertEquals(two.stage("simulate").seconds, one.stage("simulate").seconds / 2);
  assertGreater(two.stage("nominal").seconds, one.stage("nominal").seconds / 2);
});

Deno.test("without something to fit, a correction takes no solve; single shots need no background of their own", async () => {
  const set = async (...overrides: string[]) =>
    (await planned("published-correction", { overrides })).stage("nominal").solves;
  const [orthogonal, shots] = [await set(), await set("correction.encoding=shots")];
  assertEquals(orthogonal - shots, 4 * 16, "one background per source and observation");
  const [unfitted, none] = [await set("correction.passes=0"), await set("correction.kind=none", "gates={}")];
  assertLess(unfitted, shots);
  assertEquals(unfitted - none, 4 * 16, "the residual of each observation's corrected mean");
});

Deno.test("what only a metric needs is priced where a spec lists that metric", async () => {
  const set = async (metrics: string) =>
    (await planned("published-correction", { overrides: [`evaluation.metrics=${metrics}`] })).stage("nominal")
      .solves;
  const plain = await set("[snr]"), { loaded } = await planned("published-correction");
  const methods = 3 + loaded.spec.evaluation.baselines.length; // migration, amortized, corrected
  assertEquals(await set("[snr, data-residual]") - plain, 4 * 16 * methods);
  assertEquals(await set("[snr, coverage-by-illumination]") - plain, 16 * 2 * 2);
});

Deno.test("a correction that fits nothing makes no pass, whatever its spec says", async () => {
  const [plain, passes] = [
    await planned("prior-shift"),
    await planned("prior-shift", { overrides: ["correction.passes=4"] }),
  ];
  assertEquals(passes.loaded.spec.correction.passes, 0);
  assertEquals(passes.loaded.hash, plain.loaded.hash);
  assert(/^ {2}correction +evidence$/m.test(checkText(passes.loaded, passes.plan)));
});

Deno.test("explicit matrices and dense posteriors have a price without a solve, each only once", async () => {
  const { stage } = await planned("prior-shift");
  const seconds = (name: string) => stage(name).seconds;
  for (const name of ["simulate", "baselines", "nominal"]) {
    assertEquals(stage(name).solves, 0);
    assertGreater(seconds(name), 10);
  }
  // Another geology has the operator and noise of the nominal scenario; more noise has posteriors of its own.
  assertLess(seconds("other geology"), seconds("nominal") / 2);
  assertGreater(seconds("more noise"), 2 * seconds("other geology"));
  const lean = await planned("prior-shift", {
    overrides: ["evaluation.baselines=[]", "correction.kind=none", "gates={}"],
  });
  assertLess(lean.stage("nominal").seconds, seconds("nominal") / 10);
  assertEquals(lean.stage("assemble").seconds, seconds("assemble"));
});

Deno.test("a pass is as long with fewer sources, and samples, fresh encodings and a budget change a correction's price", async () => {
  const solves = async (...overrides: string[]) => {
    const { plan } = await planned("published-correction", {
      overrides: ["evaluation.tradeoff=false", ...overrides],
    });
    return plan.stages.at(-1)!.solves;
  };
  const few = ["shifts=[{name: few, operator: {acquisition: {sources: {count: 4}}}}]"], observations = 4;
  const [none, one] = [await solves(...few, "correction.passes=0"), await solves(...few)];
  const steps = 5 * 16, backgrounds = 4;
  assertEquals(one - none, observations * (2 * steps + backgrounds));
  assertEquals(await solves(...few, "correction.samples=3") - none, observations * (6 * steps + backgrounds));
  const fresh = await solves(...few, "correction.encoding=gaussian-fresh");
  assertEquals(fresh - none, observations * (2 * steps + steps + backgrounds));
  assertEquals(await solves(...few, "correction.budget=50") - none, observations * 50);
  assertEquals(await solves(...few, "correction.budget=5000"), one);
});

Deno.test("an operator that does not tell its cost is not priced", async () => {
  const { spec } = await loadSpec(experiment("toy-gaussian"), { registry });
  assertEquals(planOf(spec, { registry, resources: { workers: 2, memory: 1e9 } }), undefined);
});
