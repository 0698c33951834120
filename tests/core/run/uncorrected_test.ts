import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { registry } from "../../../mod.ts";
import { planOf } from "../../../core/plan/plan.ts";
import { loadSpec } from "../../../core/spec/mod.ts";
import { ranSpec, TINY_IMAGING } from "./program.ts";

const IMAGES = `${TINY_IMAGING}training: { pairs: 24, epochs: 1, batch: 8, average: 0.9 }
correction: { kind: none }
evaluation: { observations: 1, samples: 8, metrics: [snr, coverage], baselines: [], tradeoff: true }
`;
const VECTORS = `name: vectors
seed: 3
prior: { kind: gaussian }
operator: { kind: matrix, rows: 3, columns: 2, seed: 2 }
noise: { kind: gaussian, level: { sigma: 0.5 } }
summary: { kind: identity }
flow: { kind: coupling, depth: 2, hidden: 8 }
training: { pairs: 200, epochs: 1, batch: 20 }
correction: { kind: none }
refinement: { kind: importance, draws: 200 }
evaluation: { observations: 1, samples: 32, metrics: [snr], baselines: [], tradeoff: true }
gates: { amortized.snr: "> -50", refined.snr: "> -50" }
`;

/** What a run says, and what it leaves. */
async function runOf(spec: string) {
  const { err, summary, seen } = await ranSpec(spec, async (run) => ({
    report: await Deno.readTextFile(`${run}/report.html`),
    arrays: [...Deno.readDirSync(`${run}/arrays/nominal/0`)].map(({ name }) => name),
  }));
  return { err, summary, ...seen };
}

Deno.test("a run without a correction has no corrected row, picture or cost, and takes the solves that check tells", async () => {
  const {
    err,
    summary: { stages, scenarios: [{ amortized, corrected, cost, tradeoff, errors }] },
    report,
    arrays,
  } = await runOf(IMAGES);
  assert(Number.isFinite(amortized.snr));
  assertEquals([corrected, cost, errors.corrected, errors.gain], [
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals(tradeoff.map(({ method }: any) => method), ["migration", "amortized"]);
  assertEquals(arrays.filter((name) => name.startsWith("corrected")), []);
  assert(arrays.includes("amortized-mean.npy") && arrays.includes("predicted.npy"), arrays.join());
  assert(!report.includes("Not recorded"), "the report misses an array");
  assertStringIncludes(err, "No posterior was corrected.");
  const { spec } = await loadSpec("spec.yaml", { registry, text: IMAGES });
  const planned = planOf(spec, { registry, resources: { workers: 1, memory: 4e9 } })!.stages;
  const solvesOf = (all: readonly { name: string; solves: number }[]) =>
    all.map(({ name, solves }) => [name, solves]);
  assertEquals(solvesOf(stages), solvesOf(planned));
});

Deno.test("without a correction the amortized posterior is refined, and gates judge both", async () => {
  const { summary: { scenarios: [scenario], gates } } = await runOf(VECTORS);
  assert(Number.isFinite(scenario.refined.snr) && scenario.corrected === undefined);
  assertEquals(gates.map(({ passed }: any) => passed), [true, true]);
  assertEquals(scenario.tradeoff.map(({ method }: any) => method), ["amortized", "refined"]);
});
