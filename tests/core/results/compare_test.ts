import { assert, assertAlmostEquals, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { compareRuns } from "../../../core/results/compare.ts";
import { UsageError } from "../../../core/base/usage.ts";
import { described } from "../metrics/by_kind.ts";
import { putRun } from "./results_folder.ts";

const ERRORS = { amortized: { snr: 0.5 }, corrected: { snr: 0.25 } };

/** A run of these corrected SNRs, one an observation. */
const run = (snrs: readonly number[], names: readonly string[] = ["nominal"]) => ({
  manifest: { status: "complete" },
  summary: {
    name: "tiny",
    specHash: "abcd1234",
    engine: "wasm",
    seconds: 1,
    problem: { kind: "vector", shape: [2] },
    metrics: described(),
    stages: [],
    gates: [],
    scenarios: names.map((name) => ({
      name,
      slug: name,
      observations: snrs.length,
      amortized: { snr: 1 },
      corrected: { snr: snrs.reduce((a, b) => a + b) / snrs.length },
      errors: ERRORS,
    })),
  },
  resolved: "seed: 5\nprior: { kind: gaussian }\ntraining: { pairs: 64 }\n",
});

const events = (snrs: readonly number[], scenario = "nominal") =>
  snrs.flatMap((snr, observation) => [
    JSON.stringify({ stage: "evaluate", scenario, observation, method: "amortized", snr: 1 }),
    JSON.stringify({ stage: "evaluate", scenario, observation, method: "corrected", snr }),
  ]).join("\n") + "\n";

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function put(
  folder: string,
  name: string,
  snrs: readonly number[],
  changes: object = {},
): Promise<string> {
  await putRun(folder, name, { ...run(snrs), ...changes });
  await Deno.writeTextFile(`${folder}/${name}/metrics.jsonl`, events(snrs));
  return `${folder}/${name}`;
}

async function differences(folders: string[], pages: string): Promise<any> {
  const { scenarios } = JSON.parse(await compareRuns(folders, { json: true, pages }));
  const corrected = scenarios[0].methods.find((m: any) => m.method === "corrected");
  return corrected.metrics[0].values.map((value: any) => value.difference);
}

Deno.test("runs of the same observations are compared pair by pair, others by independent errors", () =>
  withFolder(async (folder) => {
    const a = await put(folder, "a", [2, 4, 6]), b = await put(folder, "b", [2.5, 4.7, 6.6]);
    const other = await put(folder, "c", [2.5, 4.7, 6.6], {
      resolved: "seed: 6\nprior: { kind: gaussian }\ntraining: { pairs: 64 }\n",
    });
    const [none, paired] = await differences([a, b], folder);
    assertEquals(none, undefined);
    assertAlmostEquals(paired.value, 0.6, 1e-12);
    assertAlmostEquals(paired.error, 0.1 / Math.sqrt(3), 1e-12); // differences 0.5, 0.7, 0.6
    assertEquals([paired.paired, paired.clear], [true, true]);
    const [, independent] = await differences([a, other], folder);
    assertAlmostEquals(independent.error, Math.hypot(0.25, 0.25), 1e-12);
    assertEquals([independent.paired, independent.clear], [false, false]);
  }));

Deno.test("a scenario whose noise is not the same in both runs is not paired", () =>
  withFolder(async (folder) => {
    const resolved = (scale: number) =>
      `seed: 5\nnoise: { level: 1 }\nscenarios: [{ name: nominal, noise: { level: ${scale} } }]\n`;
    const a = await put(folder, "a", [2, 4], { resolved: resolved(1) });
    const b = await put(folder, "b", [2, 5], { resolved: resolved(2) });
    assertEquals((await differences([a, b], folder))[1].paired, false);
  }));

Deno.test("nor is a scenario whose name has a dot", () =>
  withFolder(async (folder) => {
    const name = "noise x 1.5",
      resolved = (scale: number) =>
        `seed: 5\nnoise: { level: 1 }\nscenarios: [{ name: ${name}, noise: { level: ${scale} } }]\n`;
    const putNamed = async (of: string, snrs: readonly number[], scale: number) => {
      const path = await put(folder, of, snrs, { ...run(snrs, [name]), resolved: resolved(scale) });
      await Deno.writeTextFile(`${path}/metrics.jsonl`, events(snrs, name));
      return path;
    };
    const paths = [await putNamed("a", [2, 4], 1.5), await putNamed("b", [2, 5], 1.6)];
    assertEquals((await differences(paths, folder))[1].paired, false);
    paths[1] = await putNamed("c", [2, 5], 1.5);
    assertEquals((await differences(paths, folder))[1].paired, true);
  }));

Deno.test("settings that differ are listed by path, equal ones are not", () =>
  withFolder(async (folder) => {
    const a = await put(folder, "a", [2, 4]);
    const b = await put(folder, "b", [2, 5], {
      resolved: "seed: 5\nprior: { kind: gaussian }\nflow: { depth: 4 }\n",
    });
    const { settings } = JSON.parse(await compareRuns([a, b], { json: true, pages: folder }));
    assertEquals(settings, [{ path: "training.pairs", values: [64, null] }, {
      path: "flow.depth",
      values: [null, 4],
    }]);
  }));

Deno.test("the text marks what clearly differs, and names methods that do not", () =>
  withFolder(async (folder) => {
    const a = await put(folder, "a", [2, 4, 6]), b = await put(folder, "b", [2.5, 4.7, 6.6]);
    const rows = (await compareRuns([a, b], { json: false, pages: folder })).split("\n").map((row) =>
      row.trim().split(/ {2,}/)
    );
    assertEquals(rows.filter(([name]) => name === "corrected"), [
      ["corrected", "SNR [dB]", "4.00 ± 0.25", "4.60 ± 0.25", "+0.60 ± 0.06 *"],
    ]);
    assert(rows.some(([line]) => line === "The same in every run: amortized."));
    assert(rows.some(([line]) => line === "The specs are the same."));
  }));

Deno.test("a sweep's folder stands for its finished trials, more than fit as columns are rows", () =>
  withFolder(async (folder) => {
    for (const trial of [1, 2, 3, 4, 5]) await put(folder, `sweep/trials/0${trial}`, [2, 2 + trial]);
    await putRun(folder, "sweep/trials/06", { manifest: { status: "running" } });
    const text = await compareRuns([`${folder}/sweep`], { json: false, pages: folder });
    assertStringIncludes(text, `[5] ${folder}/sweep/trials/05`);
    assertStringIncludes(text, `Left out, unfinished: ${folder}/sweep/trials/06`);
    const last = text.split("\n").find((line) => line.startsWith("[5]  "))!.trim().split(/ {2,}/);
    assertEquals(last, ["[5]", "1.00", "4.50"]);
  }));

Deno.test("the page asks for nothing outside itself, shows both runs, and escapes what they are called", () =>
  withFolder(async (folder) => {
    const hostile = '<script>alert("x")</script>';
    const resolved = `seed: 5\nsummary: '${hostile}'\n`, html = `${folder}/page.html`;
    const tradeoff = [{ method: "corrected", pass: 1, solves: 8, snr: 1 }, {
      method: "corrected",
      pass: 2,
      solves: 16,
      snr: 2,
    }];
    const a = await put(folder, "a", [2, 4, 6]), other = run([2.5, 4.7, 6.6]);
    const scenarios = other.summary.scenarios.map((scenario) => ({ ...scenario, tradeoff }));
    const b = await put(folder, "b", [2.5, 4.7, 6.6], { resolved, summary: { ...other.summary, scenarios } });
    const said = await compareRuns([a, b], { json: false, html, pages: folder });
    assertStringIncludes(said, `page: ${html}`);
    const page = await Deno.readTextFile(html);
    assert(!page.includes("<script"));
    assertEquals(page.match(/(src|href)="(?!data:|#)/g), null);
    for (
      const text of [a, b, "SNR of the mean [dB] against solves", "default-src &#39;none&#39;", "+0.60 ± 0."]
    ) {
      assertStringIncludes(page, text);
    }
  }));

Deno.test("folders without a finished run, and a run alone, are refused with a sentence", () =>
  withFolder(async (folder) => {
    const a = await put(folder, "a", [2, 4]);
    await putRun(folder, "running", { manifest: { status: "running" } });
    const refused = (folders: string[], message: string) =>
      assertRejects(() => compareRuns(folders, { json: false, pages: folder }), UsageError, message);
    await refused(
      [a, `${folder}/running`],
      `${folder}/running has no summary.json: it is not a finished run`,
    );
    await refused([a, `${folder}/nowhere`], `${folder}/nowhere is no run folder, and no run lies below it`);
    await refused([a, a], "at least two finished runs, and found 1");
  }));
