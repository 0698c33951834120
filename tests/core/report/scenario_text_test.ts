import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { scenarioTable, verdict } from "../../../core/report/mod.ts";
import { summary } from "./fixture.ts";

const nominal = { name: "nominal", slug: "nominal", gain: 0.2 };
const shifted = { name: "deep zones", slug: "deep-zones", gain: 2.4 };
const worse = { name: "more noise", slug: "more-noise", gain: -1.5 };

Deno.test("the table gives mean ± standard error, the gain with its sign, and a star at the best", () => {
  const [, header, snr] = scenarioTable(summary("run", [shifted])).split("\n");
  assertMatch(header, /migration.*least squares.*amortized.*corrected.*gain/);
  assertMatch(snr, /SNR \[dB\]\s+2\.10\s+6\.20 ± 0\.30\s+7\.10 ± 0\.21\s+\*9\.50 ± 0\.21\s+\+2\.40$/);
});

Deno.test("a run from before summaries described their metrics is shown by the names of its fields", () => {
  const { metrics: _, ...old } = summary("run", [shifted]);
  const [, , snr, rmse] = scenarioTable(old).split("\n");
  assertMatch(snr, /^ {2}snr\s+2\.10\s+6\.20 ± 0\.30\s+7\.10 ± 0\.21\s+9\.50 ± 0\.21\s+\+2\.40$/);
  assertMatch(rmse, /^ {2}rmse /);
});

Deno.test("a quantity of the unknown is shown in its unit", () => {
  assertMatch(scenarioTable(summary("run", [shifted])), /RMSE \[s²\/km²\] .*CRPS \[s²\/km²\] /s);
});

Deno.test("the table's columns are aligned", () => {
  const lines = scenarioTable(summary("run", [nominal, shifted])).split("\n").filter((line) =>
    line.startsWith("  ")
  );
  const scenario = lines.slice(0, lines.length / 2);
  assertEquals(new Set(scenario.map((line) => line.length)).size, 1);
});

Deno.test("the best coverage is the nearest to its level, the best residual the nearest to 1", () => {
  const run = summary("run", [shifted]);
  Object.assign(run.scenarios[0].amortized, { coverage90: 0.88, dataResidual: 0.9 });
  Object.assign(run.scenarios[0].corrected, { coverage90: 0.97, dataResidual: 1.3 });
  run.scenarios[0].baselines.cgls.dataResidual = 1.5;
  run.scenarios[0].migration.dataResidual = 1.5;
  const table = scenarioTable(run);
  assertMatch(table, /90 % coverage.* \*0\.880/);
  assertMatch(table, /data residual.* \*0\.900/);
});

Deno.test("methods that tie as shown are all best", () => {
  assertMatch(scenarioTable(summary("run", [shifted])), /50 % coverage.*\*0\.460.*\*0\.460/);
});

Deno.test("a value that is not a number is a dash, and wins nothing", () => {
  const run = summary("run", [shifted]);
  const scenario = { ...run.scenarios[0], corrected: { ...run.scenarios[0].corrected, snr: null } };
  const line = scenarioTable({ ...run, scenarios: [scenario] }).split("\n")[2];
  assertMatch(line, /\*7\.10 ± 0\.21\s+-\s+-$/);
});

Deno.test("the verdict tells gains, losses and unclear differences apart by their errors", () => {
  const text = verdict(summary("run", [nominal, shifted, worse]));
  assertStringIncludes(text, "improves the SNR of the mean in 1 of 3 scenarios (deep zones +2.4 ± 0.3 dB)");
  assertStringIncludes(text, "lowers it in 1 (more noise -1.5 ± 0.3 dB)");
  assertStringIncludes(text, "no clear difference in 1 (nominal +0.2 ± 0.3 dB)");
  assertStringIncludes(text, "hold the truth in");
});

Deno.test("without an SNR there is no verdict", () => {
  const run = summary("run", [shifted]);
  assert(verdict({ ...run, scenarios: [] }).startsWith("The correction cannot be judged"));
});
