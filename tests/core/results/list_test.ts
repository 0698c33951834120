import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { parquetReadObjects } from "hyparquet";
import { parseTable } from "../../../core/data/csv.ts";
import { listResults, type ResultsFlags } from "../../../core/results/list.ts";
import { described } from "../metrics/by_kind.ts";
import { UsageError } from "../../../core/base/usage.ts";
import { putRun, summary } from "./results_folder.ts";

const TRIAL = "b/sweep-20260102T000000Z-ffffffff/trials/0a1b2c3d";

async function withRuns(work: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  const git = { commit: "abc123def" };
  await putRun(root, "a/20260101T000000Z-abcd1234", {
    manifest: { status: "complete", name: "a", started: "2026-01-01T00:00:00Z", seed: 5, git },
    summary: summary("a", 9),
    resolved: "name: a\ntraining: { pairs: 1024, flips: [lateral] }\nnoise: { level: { scale: 1 } }\n" +
      "scenarios: [{ name: more noise, noise: { level: { scale: 2 } } }]\n",
  });
  await putRun(root, TRIAL, {
    manifest: { status: "complete", name: "b", started: "2026-01-02T12:00:00Z", seed: 6 },
    summary: summary("b", 8),
    resolved: "training: { pairs: 2048 }\n",
  });
  const gone = { pid: 4_190_000, host: Deno.hostname() }; // above the largest process id
  await putRun(root, "c/killed", { manifest: { status: "running", name: "c", ...gone } });
  await putRun(root, "c/elsewhere", { manifest: { status: "running", name: "c", pid: 1, host: "another" } });
  await putRun(root, "c/here", {
    manifest: { status: "running", name: "c", pid: Deno.pid, host: gone.host },
  });
  await putRun(root, "c/torn", { manifest: '{ "status": "comp' });
  try {
    await work(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function list(root: string, filters: string[], flags: Partial<ResultsFlags> = {}): Promise<any[]> {
  return JSON.parse(
    await listResults({ root, filters, metrics: described(), say: () => {} }, {
      long: false,
      json: true,
      ...flags,
    }),
  );
}

const folders = async (root: string, ...filters: string[]) =>
  (await list(root, filters)).map((row) => [row.folder, row.scenario]);

Deno.test("every run and trial is listed, those that say they run and do not as dead", () =>
  withRuns(async (root) => {
    const rows = await list(root, [], { sort: "folder" });
    assertEquals(rows.map(({ folder, status, scenario }) => [folder, status, scenario]), [
      ["a/20260101T000000Z-abcd1234", "complete", "nominal"],
      ["a/20260101T000000Z-abcd1234", "complete", "more noise"],
      [TRIAL, "complete", "nominal"],
      [TRIAL, "complete", "more noise"],
      ["c/elsewhere", "running", null],
      ["c/here", "running", null],
      ["c/killed", "dead", null],
      ["c/torn", "damaged", null],
    ]);
    assertEquals(rows[0].seconds, 12.5);
    assertEquals(rows[0].git, "abc123def");
    assertEquals(rows[0]["corrected.snr"], 9);
    assertEquals(rows[0]["corrected.snr.error"], 0.25);
    assertEquals(rows[0]["spec.scenarios.more noise.noise.level.scale"], 2);
    assertEquals(rows[0]["spec.training.flips"], '["lateral"]');
  }));

Deno.test("filters meet as one: metrics, scenarios, settings, commits, periods", () =>
  withRuns(async (root) => {
    const a = "a/20260101T000000Z-abcd1234";
    assertEquals(await folders(root, "name=a"), [[a, "nominal"], [a, "more noise"]]);
    assertEquals(await folders(root, "corrected.snr>=8", "scenario=nominal"), [[a, "nominal"], [
      TRIAL,
      "nominal",
    ]]);
    assertEquals(await folders(root, "corrected.snr>8"), [[a, "nominal"]]);
    assertEquals(await folders(root, "spec.training.pairs=2048", "corrected.snr<5"), [[TRIAL, "more noise"]]);
    assertEquals(await folders(root, "git=abc123", "scenario!=nominal"), [[a, "more noise"]]);
    assertEquals(await folders(root, "since=2026-01-02", "scenario=nominal"), [[TRIAL, "nominal"]]);
    assertEquals(await folders(root, "until=2026-01-01", "scenario=nominal"), [[a, "nominal"]]);
    assertEquals(await folders(root, "until=2026-01", "scenario=nominal"), [[a, "nominal"], [
      TRIAL,
      "nominal",
    ]]);
    assertEquals(await folders(root, "status=dead"), [["c/killed", null]]);
  }));

Deno.test("rows come sorted and cut, those without a value last", () =>
  withRuns(async (root) => {
    const snrs = async (flags: Partial<ResultsFlags>) =>
      (await list(root, [], { columns: "corrected.snr", ...flags })).map((row) => row["corrected.snr"]);
    assertEquals(await snrs({ sort: "-corrected.snr", limit: "3" }), [9, 8, 4.5]);
    assertEquals(await snrs({ sort: "corrected.snr" }), [4, 4.5, 8, 9, null, null, null, null]);
  }));

Deno.test("settings whose names hold dots, commas and comparisons are filtered by, sorted and shown", async () => {
  const root = await Deno.makeTempDir();
  const resolved = (scale: number, limit: string) =>
    `gates: { corrected.snr: "${limit}" }\nnoise: { level: { scale: 1 } }\n` +
    `scenarios: [{ name: "sigma=2", noise: { level: { scale: ${scale} } } },` +
    ` { name: "x 1.5, 4 sources", noise: { level: { scale: ${2 * scale} } } }]\n`;
  try {
    await putRun(root, "a/1", { summary: summary("a", 9), resolved: resolved(2, ">= 2 dB") });
    await putRun(root, "b/2", { summary: summary("b", 8), resolved: resolved(3, "< 1") });
    const equal = 'spec.scenarios."sigma=2".noise.level.scale';
    const commas = "spec.scenarios.x 1.5, 4 sources.noise.level.scale";
    const found = async (
      filter: string,
    ) => [...new Set((await list(root, [filter])).map(({ folder }) => folder))];
    assertEquals(await found("spec.gates.corrected.snr=>= 2 dB"), ["a/1"]);
    assertEquals(await found('spec.gates."corrected.snr"=< 1'), ["b/2"]);
    assertEquals(await found(`${equal}>=3`), ["b/2"]);
    assertEquals(await found("spec.scenarios.sigma=2.noise.level.scale=2"), ["a/1"]);
    assertEquals(await found(`${commas}<5`), ["a/1"]);
    const [row] = await list(root, ["name=b"], { columns: `name,${commas},${equal}`, sort: equal });
    assertEquals(row, { name: "b", [commas]: 6, [equal]: 3 });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("an unknown column, a filter without a comparison, a bad limit: a sentence with the nearest name", () =>
  withRuns(async (root) => {
    const refused = (filters: string[], flags: Partial<ResultsFlags>, message: string) =>
      assertRejects(() => list(root, filters, flags), UsageError, message);
    await refused(["corrected.snrr>=9"], {}, "no column corrected.snrr to filter by");
    await refused(["corrected.snrr>=9"], {}, "did you mean corrected.snr?");
    await refused([], { sort: "tiem" }, "no column tiem to sort by");
    await refused([], { columns: "name,sedd" }, "did you mean seed?");
    await refused(["nominal"], {}, "The filter nominal has no comparison");
    await refused(["since=yesterday"], {}, "The filter since=yesterday needs a date");
    await refused([], { limit: "0" }, "--limit is 0");
    await refused([], { csv: "-" }, "--json and --csv - both print");
  }));

Deno.test("the text table says a run's own columns once, metrics with their errors", () =>
  withRuns(async (root) => {
    const text = await listResults({ root, filters: ["name=a"], metrics: described(), say: () => {} }, {
      long: false,
      json: false,
    });
    const [head, nominal, noise, count] = text.split("\n").map((line) => line.split(/ {2,}/));
    assertEquals(head.slice(0, 7), ["name", "time", "status", "hash", "engine", "seconds", "scenario"]);
    assertEquals(nominal.slice(0, 3), ["a", "2026-01-01 00:00:00", "complete"]);
    assert(nominal.includes("9.00 ± 0.25"));
    assertEquals(noise.slice(0, 3), ["", "more noise", "4.50 ± 0.25"]);
    assertEquals(count, ["1 of 6 runs"]);
  }));

Deno.test("CSV and Parquet hold the same rows, wide and long", () =>
  withRuns(async (root) => {
    const csv = `${root}/a.csv`, parquet = `${root}/a.parquet`;
    for (const [long, rows, columns] of [[false, 8, undefined], [true, 12, undefined]] as const) {
      const said = await listResults({ root, filters: [], metrics: described(), say: () => {} }, {
        long,
        json: false,
        csv,
        parquet,
        columns,
      });
      assertStringIncludes(said, `${csv}: ${rows} rows`);
      const expected = await list(root, [], { long });
      const file = (await Deno.readFile(parquet)).buffer;
      assertEquals(await parquetReadObjects({ file }), expected);
      const read = parseTable(await Deno.readFile(csv)).rows.map(({ fields }) => fields);
      const written = (row: Record<string, unknown>) =>
        Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value ?? "")]));
      assertEquals(read, expected.map(written));
    }
    const [first] = await list(root, ["name=a"], { long: true });
    assertEquals([first.scenario, first.method, first.metric, first.value, first.error], [
      "nominal",
      "cgls",
      "snr",
      1,
      0.5,
    ]);
  }));

Deno.test("CSV quotes what would break a line", () =>
  withRuns(async (root) => {
    const flags = { long: false, json: false, csv: "-", columns: "folder,spec.training.flips" };
    const text = await listResults({
      root,
      filters: ["scenario=nominal"],
      metrics: described(),
      say: () => {},
    }, flags);
    assertEquals(text, `folder,spec.training.flips\na/20260101T000000Z-abcd1234,"[""lateral""]"\n${TRIAL},`);
  }));
