import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { registry } from "../../../mod.ts";
import { planOf } from "../../../core/plan/plan.ts";
import { loadSpec, SpecError } from "../../../core/spec/mod.ts";
import { finish, start } from "./program.ts";

/** Every baseline that needs no flow: a new one is judged here by its registration alone. */
const BASELINES = registry.of("method").filter(({ asked, needs }) =>
  asked === "baselines" && !needs?.includes("flow")
);

/** A spec without a flow. */
const SPEC = `name: imaged
seed: 5
prior: { kind: layered-geology }
operator:
  kind: born
  grid: { shape: [24, 24], spacing: [12.5 m, 20 m] }
  background: { kind: gradient, top: 2.5 km/s, bottom: 2.8 km/s, water: { depth: 25 m, velocity: 1.5 km/s } }
  acquisition:
    sources: { count: 4, depth: 12.5 m }
    receivers: { count: 12, depth: 12.5 m }
    wavelet: { kind: ricker, frequency: 20 Hz }
    record: { length: 0.32 s, interval: 1.5 ms }
  boundary: { kind: sponge, cells: 12 }
noise: { kind: band-limited, level: { snr: 10 dB } }
shifts:
  - { name: two sources, operator: { acquisition: { sources: { count: 2 } } } }
  - { name: more noise, noise: { level: { scale: 2 } } }
  - { name: other layers, prior: { kind: layered-geology, faults: { count: [1, 2] } } }
evaluation: { observations: 1, samples: 16, baselines: [${BASELINES.map(({ kind }) => kind)}] }
`;

Deno.test("a spec without a flow images by every baseline, at the solves that check tells", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/spec.yaml`, SPEC);
  const { code, err } = await finish(start(folder, ["run", "spec.yaml", "--engine", "wasm", "--out", "out"]));
  assertEquals(code, 0, err);
  const summary = JSON.parse(await Deno.readTextFile(`${folder}/out/summary.json`));
  for (const { name, migration, baselines, amortized, corrected, cost } of summary.scenarios) {
    assertEquals([amortized, corrected, cost], [undefined, undefined, undefined]);
    assertEquals(Object.keys(baselines), BASELINES.map(({ kind }) => kind));
    for (const { kind, samples } of BASELINES) {
      assertEquals("coverage90" in baselines[kind], samples, `${kind}: samples`);
    }
    // Undamped least squares fit twice the noise too.
    if (name !== "more noise") assertGreater(baselines.lsrtm.snr, migration.snr + 1);
    assertGreater(baselines.cgls.snr, migration.snr + 1);
    assertGreater(baselines.gaussian.snr, migration.snr + 1);
    assertGreater(baselines.variational.snr, migration.snr + 1);
    // It has an amplitude of its own; the migration's is fitted to the truth.
    assertGreater(baselines.wiener.snr, migration.snr - 0.5);
  }
  const { spec } = await loadSpec("imaged.yaml", { registry, text: SPEC });
  const { stages } = planOf(spec, { registry, resources: { workers: 2, memory: 4e9 } })!;
  const solvesOf = (all: readonly { name: string; solves: number }[]) => all.map((s) => [s.name, s.solves]);
  assertEquals(solvesOf(summary.stages), solvesOf(stages));
  const page = await Deno.readTextFile(`${folder}/out/report.html`);
  assertStringIncludes(page, "least-squares RTM");
  assert(!page.includes('class="missing"'), "the report misses something");
  await Deno.remove(folder, { recursive: true });
});

async function faults(changes: readonly string[]): Promise<string> {
  try {
    await loadSpec("imaged.yaml", { registry, text: SPEC, overrides: changes });
    return "";
  } catch (error) {
    assert(error instanceof SpecError);
    return error.message;
  }
}

Deno.test("half of what learning needs, or what needs learning, is refused with its place", async () => {
  assertStringIncludes(await faults(["flow={kind: glow}"]), "flow: has no training");
  assertStringIncludes(await faults(["training={pairs: 8, epochs: 1}"]), "training: has no flow to train");
  assertStringIncludes(
    await faults(["evaluation.baselines=[cgls, map]"]),
    "evaluation.baselines.1: is about a posterior: this spec has no flow",
  );
  assertStringIncludes(await faults(["gates={corrected.snr: '> 1'}"]), "this spec has no flow");
});

Deno.test("an assembled operator is a stage that check tells the solves of, and a second run finds it", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(
    `${folder}/spec.yaml`,
    SPEC.replace("  boundary", "  assemble: true\n  boundary")
      .replace(/baselines: \[.*\]/, "baselines: [cgls, lsrtm, gaussian]"),
  );
  const { spec } = await loadSpec(`${folder}/spec.yaml`, { registry });
  const { stages } = planOf(spec, { registry, resources: { workers: 2, memory: 4e9 } })!;
  const scenarios: unknown[] = [];
  for (const out of ["first", "second"]) {
    const { code, err } = await finish(start(folder, ["run", "spec.yaml", "--engine", "wasm", "--out", out]));
    assertEquals(code, 0, err);
    const summary = JSON.parse(await Deno.readTextFile(`${folder}/${out}/summary.json`));
    const solves = summary.stages.map((s: { name: string; solves: number }) => [s.name, s.solves]);
    const found = stages.slice(1).map((s) => [s.name, 0]);
    assertEquals(solves, out === "first" ? stages.map((s) => [s.name, s.solves]) : found);
    scenarios.push(summary.scenarios);
  }
  assertEquals(scenarios[0], scenarios[1]);
  await Deno.remove(folder, { recursive: true });
});
