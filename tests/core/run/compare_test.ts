import { assertEquals, assertRejects } from "@std/assert";
import { compareRuns } from "../../../core/run/compare.ts";

const run = (snr: number, names: readonly string[]) => ({
  specHash: "abcd1234",
  scenarios: names.map((name) => ({
    name,
    amortized: { snr: 1 },
    corrected: { snr },
    errors: { amortized: { snr: 0.5 }, corrected: { snr: 0.25 } },
  })),
});

Deno.test("runs stand side by side, a scenario that one lacks as a dash", async () => {
  const folder = await Deno.makeTempDir(), folders = [`${folder}/a`, `${folder}/b`];
  for (const [i, summary] of [run(2, ["nominal", "noise"]), run(3, ["nominal"])].entries()) {
    await Deno.mkdir(folders[i]);
    await Deno.writeTextFile(`${folders[i]}/summary.json`, JSON.stringify(summary));
  }
  const rows = (await compareRuns(folders, { json: false })).split("\n").map((row) =>
    row.trim().split(/ {2,}/)
  );
  const corrected = rows.filter(([name]) => name === "corrected.snr");
  assertEquals(corrected, [["corrected.snr", "2.000 ± 0.25", "3.000 ± 0.25"], [
    "corrected.snr",
    "2.000 ± 0.25",
    "-",
  ]]);
  assertEquals(rows[0], [`[1] ${folders[0]}`, "(spec abcd1234)"]);
  const stored = JSON.parse(await compareRuns(folders, { json: true }));
  assertEquals(stored.map((r: any) => [r.folder, r.scenarios.length]), [[folders[0], 2], [folders[1], 1]]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a folder without a summary is said to be no finished run", async () => {
  const folder = await Deno.makeTempDir();
  await assertRejects(() => compareRuns([folder], { json: false }), Error, `${folder} has no summary.json`);
  await Deno.remove(folder, { recursive: true });
});
