import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { inCheckout, NPX } from "./checkout.ts";
import { CTRL_C, inTerminal } from "../base/pty.ts";

/** A run whose stages are as long as their settings make them. */
const SPEC = `name: pressed
seed: 3
prior: { kind: gaussian, covariance: { kind: exponential, variance: 1, length: 2 } }
operator: { kind: matrix, rows: 6, columns: 8, seed: 5 }
noise: { kind: gaussian, level: { sigma: 0.3 } }
summary: { kind: identity }
flow: { kind: coupling, depth: 2, hidden: 16 }
training: { pairs: 256, epochs: 2, batch: 64 }
correction: { kind: low-rank, target: posterior, passes: 2, samples: 4, encoding: shots }
evaluation: { observations: 1, samples: 32, metrics: [snr], baselines: [], detection: 0 }
`;

/** Runs the spec in a terminal as the README says, and presses Ctrl-C once when it shows `at`. */
async function pressed(folder: string, { at, set }: { at: RegExp; set: string }) {
  const terminal = inTerminal([...NPX, "run", "spec.yaml", "--engine", "wasm", "--set", set], {
    cwd: folder,
  });
  await terminal.until(at);
  await terminal.type(CTRL_C);
  return { code: await terminal.ended(), seen: terminal.seen() };
}

/** Of each run what its manifest says became of it, and the last line of its log. */
async function outcomes(folder: string): Promise<string[][]> {
  const runs = `${folder}/results/pressed`, entries = await Array.fromAsync(Deno.readDir(runs));
  return await Promise.all(entries.map(async ({ name }) => {
    const read = (file: string) => Deno.readTextFile(`${runs}/${name}/${file}`);
    return [
      JSON.parse(await read("manifest.json")).status,
      (await read("log.txt")).trimEnd().replace(/^[^]*Z /, ""),
    ];
  }));
}

for (
  const [stage, at, set] of [
    ["the simulation", /simulate pairs/, "training.pairs=50000"],
    ["training", /train flow/, "training.epochs=20000"],
    ["the correction", /baselines: /, "correction.passes=200000"],
    ["the report", /nominal: /, "evaluation.observations=4"],
  ] as const
) {
  Deno.test(`Ctrl-C once in ${stage}, through npx and the task runner, is one signal`, () =>
    inCheckout(async (folder) => {
      const { code, seen } = await pressed(folder, { at, set });
      assertEquals(code, 130, seen);
      assertEquals(await outcomes(folder), [["interrupted", "Stopped by a signal (exit code 130)."]], seen);
      assertStringIncludes(seen, "press Ctrl-C again to end at once");
      assertStringIncludes(seen, "Stopped by a signal (exit code 130)");
      assert(!seen.includes("report:"), seen);
      if (stage !== "training") return;
      const again = await pressed(folder, { at: /train flow/, set });
      assertEquals(again.code, 130, again.seen);
      assertMatch(again.seen, /training continues at epoch/);
    }, { files: { "spec.yaml": SPEC } }));
}
