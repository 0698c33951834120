import { assert, assertAlmostEquals, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { decodeNpy } from "../../../core/data/npy.ts";
import { finish, start } from "../run/program.ts";

const main = fileURLToPath(new URL("adding/main.ts", import.meta.url));

const SPEC = `name: added
seed: 3
prior: { kind: gaussian, mean: [1, 0, -1], covariance: { kind: diagonal, variances: [1, 2, 3] } }
operator: { kind: matrix, rows: 4, columns: 3 }
noise: { kind: gaussian, level: { sigma: 0.5 } }
summary: { kind: identity }
evaluation: { observations: 1, samples: 16, metrics: [snr, mean-absolute-error], baselines: [cgls] }
gates: { cgls.meanAbsoluteError: "> 100" }
`;

Deno.test("a metric that is added by its file and a line is validated, computed, shown and gated", async () => {
  const folder = await Deno.makeTempDir();
  const run = (...more: string[]) => {
    const args = ["run", "spec.yaml", "--engine", "wasm", "--workers", "1", "--out", "run", ...more];
    return finish(start(folder, args, { main }));
  };
  try {
    await Deno.writeTextFile(`${folder}/spec.yaml`, SPEC);
    const misspelt = await run("--set", "gates={cgls.meanAbsoluteErr: < 1}");
    assertEquals(misspelt.code, 2);
    assertStringIncludes(misspelt.err, "it gives snr, meanAbsoluteError; did you mean meanAbsoluteError?");
    const { code, err } = await run();
    assertEquals(code, 3, err);
    assertMatch(err, /^ {2}mean absolute error +[\d.]+ +[\d.]+$/m);
    assertMatch(err, /gate cgls\.meanAbsoluteError > 100: [\d.]+, FAILED/);
    const read = (name: string) => Deno.readFile(`${folder}/run/${name}`);
    const { metrics, scenarios: [{ baselines }] } = JSON.parse(
      new TextDecoder().decode(await read("summary.json")),
    );
    assertEquals(metrics.meanAbsoluteError, { label: "mean absolute error", better: "lower" });
    const values = async (name: string) => decodeNpy(await read(`arrays/nominal/0/${name}.npy`)).data;
    const [truth, mean] = [await values("truth"), await values("cgls-mean")];
    const expected = Array.from(truth).reduce((sum, x, i) => sum + Math.abs(mean[i] - x) / 3, 0);
    assertAlmostEquals(baselines.cgls.meanAbsoluteError, expected, 1e-6);
    const page = new TextDecoder().decode(await read("report.html"));
    assert(page.includes("<th>mean absolute error</th>"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
