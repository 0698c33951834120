import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { finish, start } from "./program.ts";

/** A first unknown that is known, as far as single precision tells, and next to no noise in one of the scenarios. */
const SPEC = `name: known
seed: 11
prior: { kind: gaussian, mean: [500, 0, 0], covariance: { kind: diagonal, variances: [1e-12, 1, 1] } }
operator: { kind: matrix, rows: 5, columns: 3 }
noise: { kind: gaussian, level: { sigma: 0.2 } }
summary: { kind: identity }
flow: { kind: coupling, depth: 1, hidden: 4 }
training: { pairs: 32, epochs: 1 }
shifts: [{ name: quiet, noise: { level: { sigma: 1e-9 } } }]
correction: { kind: diagonal, passes: 1, samples: 2, encoding: shots }
evaluation: { observations: 2, samples: 32, metrics: [snr, coverage] }
gates: { nominal/corrected.c2st: "<= 1" }
`;

Deno.test("a run with a known unknown ends, and one whose gate has no value says why and fails it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/spec.yaml`, SPEC);
    const run = async (out: string, ...more: string[]) => {
      const options = ["--engine", "wasm", "--workers", "1", "--out", out, ...more];
      const said = await finish(start(folder, ["run", "spec.yaml", ...options]));
      const read = (name: string) => Deno.readTextFile(`${folder}/${out}/${name}`);
      const summary = JSON.parse(await read("summary.json"));
      return { ...said, summary, events: await read("metrics.jsonl"), page: await read("report.html") };
    };
    const known = await run("known");
    assertEquals(known.code, 0, known.err);
    for (const { corrected, absent } of known.summary.scenarios) {
      assertEquals([corrected.c2st > 0.5, absent?.corrected?.c2st], [true, undefined]);
    }
    const few = await run(
      "few",
      "--set",
      "evaluation.samples=3",
      "--set",
      "gates={nominal/corrected.kl: < 9}",
    );
    assertEquals(few.code, 3, few.err);
    const reason = "There are 3 samples: KL of 3 unknowns needs 4", [nominal] = few.summary.scenarios;
    assertEquals(nominal.absent.corrected.kl, { [reason]: 2 });
    assert(nominal.corrected.meanError > 0 && !("kl" in nominal.corrected));
    assertEquals(few.summary.gates, [
      { name: "nominal/corrected.kl", limit: "< 9", value: null, reason, passed: false },
    ]);
    assertMatch(few.events, /"method":"corrected".*"absent":\{.*"kl":"There are 3 samples/);
    assertStringIncludes(few.err, `no KL to exact of corrected in 2 of 2: ${reason}`);
    assertStringIncludes(few.err, `gate nominal/corrected.kl < 9: -, FAILED. ${reason}`);
    assertStringIncludes(few.page, `nominal: no KL to exact of corrected in 2 of 2: ${reason}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
