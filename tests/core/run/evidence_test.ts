import { assert, assertEquals, assertLess, assertMatch, assertRejects } from "@std/assert";
import { registry } from "../../../mod.ts";
import { decodeNpy } from "../../../core/data/npy.ts";
import { planOf } from "../../../core/plan/plan.ts";
import { loadSpec, SpecError } from "../../../core/spec/mod.ts";
import { ranSpec, TINY_IMAGING } from "./program.ts";

/** Training images of one strength, and test images that are some two and a half times as strong. */
const SPEC = `${TINY_IMAGING}training: { pairs: 200, epochs: 4, batch: 8, average: 0.9 }
summary: { kind: gaussian-moments, prior: learned }
correction: { kind: evidence }
shifts: [{ name: strong, prior: { rms: [2, 3] } }]
evaluation: { observations: 8, samples: 40, metrics: [snr, coverage, crps], baselines: [] }
`;

/** Mean gain of a prior in dB. */
async function meanGain(path: string): Promise<number> {
  const { data, shape } = decodeNpy(await Deno.readFile(path));
  assertEquals(shape, [16, 3, 3]);
  return Array.from(data).reduce((sum, v) => sum + v, 0) / data.length;
}

const solvesOf = ({ name, solves }: { name: string; solves: number }) => [name, solves];

Deno.test("where images are stronger than in training, what the data tell of the prior widens the intervals", async () => {
  const { err, summary } = await ranSpec(SPEC);
  assert(!err.includes("TensorFlow"), "tensors were made before the engine was opened");
  const { amortized, corrected } = summary.scenarios[1];
  assertLess(amortized.coverage90, 0.8);
  assertLess(Math.abs(corrected.coverage90 - 0.9), 0.06);
  assertLess(corrected.crps, amortized.crps);
  const { spec } = await loadSpec("spec.yaml", { registry, text: SPEC });
  const planned = planOf(spec, { registry, resources: { workers: 1, memory: 4e9 } })!;
  assertEquals(summary.stages.map(solvesOf), planned.stages.map(solvesOf));
});

Deno.test("under a prior of local gains too, by the summary's moments and by samples of the posterior itself", async () => {
  const local = SPEC.replace("{ kind: evidence }", "{ kind: evidence, prior: local, pool: 0.5 }")
    .replace("baselines: []", "baselines: [local]").replace("observations: 8", "observations: 4");
  const { summary, seen: [nominal, strong] } = await ranSpec(
    local,
    (run) =>
      Promise.all(["nominal", "strong"].map((slug) => meanGain(`${run}/arrays/${slug}/0/local-gains.npy`))),
  );
  assertLess(nominal + 3, strong); // the amplitude is some 8 dB more
  const { amortized, corrected, baselines } = summary.scenarios[1];
  assertLess(amortized.coverage90, 0.8);
  for (const { coverage90, crps } of [corrected, baselines.local]) {
    assertLess(Math.abs(coverage90 - 0.9), 0.08);
    assertLess(crps, amortized.crps);
  }
  const { spec } = await loadSpec("spec.yaml", { registry, text: local });
  const planned = planOf(spec, { registry, resources: { workers: 1, memory: 4e9 } })!;
  assertEquals(summary.stages.map(solvesOf), planned.stages.map(solvesOf));
});

Deno.test("evidence is refused where the summary takes no prior from training", async () => {
  for (const summary of ["{ kind: gaussian-moments }", "{ kind: migration }"]) {
    const text = SPEC.replace("{ kind: gaussian-moments, prior: learned }", summary);
    const error = await assertRejects(() => loadSpec("spec.yaml", { registry, text }), SpecError);
    assertMatch(error.message, /^spec\.yaml:\d+:21: correction\.kind: is evidence, .*prior: learned }$/);
  }
  const pooled = SPEC.replace("kind: evidence", "kind: evidence, pool: 0.5").replace(", prior: learned", "");
  assertEquals((await loadSpec("spec.yaml", { registry, text: pooled })).spec.correction.pool, 0.5);
});
