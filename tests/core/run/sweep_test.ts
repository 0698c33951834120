import { assertEquals } from "@std/assert";
import { gridOf, runSweep, sweepTable, type TrialOutcome } from "../../../core/run/sweep.ts";

Deno.test("the grid holds every combination once, the last axis fastest", () => {
  assertEquals(
    gridOf({ "noise.level.snr": ["0 dB", "10 dB"], "flow.depth": [2, 4] }).map((t) => t.overrides),
    [
      ['noise.level.snr="0 dB"', "flow.depth=2"],
      ['noise.level.snr="0 dB"', "flow.depth=4"],
      ['noise.level.snr="10 dB"', "flow.depth=2"],
      ['noise.level.snr="10 dB"', "flow.depth=4"],
    ],
  );
  assertEquals(gridOf({}), [{ overrides: [] }]);
});

/** A trial's summary of two scenarios, one half a dB above and one half a dB below `snr`. */
const outcome = (overrides: string[], snr: number) => ({
  overrides,
  folder: "",
  summary: {
    scenarios: [0.5, -0.5].map((d) => ({
      amortized: { snr: 1 },
      corrected: { snr: snr + d, coverage90: 0.8 },
      cost: { solves: 100 },
    })),
  },
} as unknown as TrialOutcome);

Deno.test("the table averages over scenarios and puts the best trial first", () => {
  const rows = sweepTable([outcome(["flow.depth=2"], 3), outcome(["flow.depth=4"], 5)]).split("\n");
  assertEquals(rows.slice(1).map((row) => row.trim().split(/ +/)), [
    ["depth=4", "5.00", "4.00", "0.80", "100"],
    ["depth=2", "3.00", "2.00", "0.80", "100"],
  ]);
});

Deno.test("a sweep that fails keeps the lines of its finished trials", async () => {
  const folder = await Deno.makeTempDir(), trials = gridOf({ "flow.depth": [2, 4] });
  const sweep = runSweep({ name: "toy", trials, folder }, {
    run: ({ overrides }) =>
      overrides[0] === "flow.depth=2"
        ? Promise.resolve({ folder: "", summary: outcome([], 3).summary })
        : Promise.reject(new Error("diverged")),
    progress: { update: () => {}, say: () => {} },
  });
  assertEquals(await sweep.catch((error) => error.message), "diverged");
  const lines = (await Deno.readTextFile(`${folder}/sweep.jsonl`)).trim().split("\n").map((l) =>
    JSON.parse(l)
  );
  assertEquals(lines.map(({ overrides, folder }) => [overrides, folder]), [[["flow.depth=2"], "trial-001"]]);
  await Deno.remove(folder, { recursive: true });
});
