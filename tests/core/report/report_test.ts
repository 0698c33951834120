import { assert, assertEquals, assertGreater } from "@std/assert";
import { decode } from "fast-png";
import { join } from "node:path";
import { trainingFigure } from "../../../core/report/curves.ts";
import type { ComparedRun, ComparedScenario } from "../../../core/report/comparison.ts";
import { comparedPictures } from "../../../core/report/comparison_pictures.ts";
import { writeReport } from "../../../core/report/mod.ts";
import { imageRun, vectorRun } from "./fixture.ts";
import { decodeNpy, encodeNpy } from "../../../core/data/npy.ts";

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function reportOf(folder: string): Promise<string> {
  return await Deno.readTextFile((await writeReport(folder)).path);
}

/** A report is too long to be printed when it lacks a part. */
function assertShows(report: string, part: string): void {
  assert(report.includes(part), `the report lacks ${JSON.stringify(part)}`);
}

Deno.test("an image run's report has every section", () =>
  withFolder(async (folder) => {
    await imageRun(folder);
    const text = await reportOf(folder);
    const headings = [...text.matchAll(/<h[123]>(.*?)<\/h[123]>/g)].map((match) => match[1]);
    const wanted = [
      "synthetic",
      "Outcome",
      "Gates",
      "Cost",
      "Training",
      "Correction",
      "nominal",
      "Images",
      "Errors",
    ];
    wanted.push(
      "Pointwise standard deviation",
      "Normalised standard deviation",
      "Middle shot",
      "Vertical profiles",
    );
    wanted.push("Samples", "Spec and provenance", "spec.yaml");
    assertEquals(wanted.filter((heading) => !headings.includes(heading)), []);
    const shown = [...text.matchAll(/alt="([^"]*)"/g)].map((match) => match[1]);
    const pictures = ["truth", "migration", "least squares", "amortized mean", "corrected mean"];
    pictures.push(
      "truth − corrected",
      "observed",
      "predicted",
      "difference",
      "SNR against the number of samples",
    );
    assertEquals(pictures.filter((picture) => !shown.includes(picture)), []);
    assert(!text.includes('class="missing"'), "a complete run misses nothing");
  }));

Deno.test("a vector run's report has marginals and pairs beside the reference", () =>
  withFolder(async (folder) => {
    await vectorRun(folder);
    const text = await reportOf(folder);
    for (const part of ["Marginals", "Components 1 and 2", "reference posterior", "The ellipse holds 90 %"]) {
      assertShows(text, part);
    }
  }));

Deno.test("the report is one file: no scripts, and nothing is fetched", () =>
  withFolder(async (folder) => {
    await imageRun(folder);
    const text = await reportOf(folder);
    const sources = [...text.matchAll(/(?:src|href)="([^"]{0,40})/g)].map((match) => match[1]);
    assertGreater(sources.length, 20);
    assertEquals(sources.filter((source) => !/^(data:|#)/.test(source)), []);
    assert(!/<script|<link|<iframe|url\((?!%23)|@import/i.test(text));
    assertShows(text, "default-src &#39;none&#39;");
  }));

Deno.test("text from the run is shown, never interpreted", () =>
  withFolder(async (folder) => {
    await imageRun(folder);
    const text = await reportOf(folder);
    assertShows(text, "&lt;script&gt;alert(&quot;spec&quot;)");
    assertShows(text, "other &lt;b&gt;geology&lt;/b&gt; &amp; noise");
    assert(!text.includes("<b>"));
  }));

Deno.test("the same run gives the same report and figures, wherever its folder lies", () =>
  withFolder(async (folder) => {
    const contents: string[][] = [];
    for (const name of ["a", "b"]) {
      const run = join(folder, name);
      await imageRun(run, { name: "same" });
      const { path, figures } = await writeReport(run);
      const files = await Promise.all([path, ...figures].map((file) => Deno.readFile(file)));
      contents.push(files.map((bytes) => bytes.toBase64()));
    }
    assertEquals(contents[0].length, contents[1].length);
    assert(contents[0].every((bytes, i) => bytes === contents[1][i]));
  }));

Deno.test("every observation has a contact sheet, every drawing an SVG file", () =>
  withFolder(async (folder) => {
    await imageRun(folder);
    const { figures } = await writeReport(folder);
    const sheets = figures.filter((path) => path.endsWith(".png"));
    assertEquals(sheets.length, 4);
    const { width, height, channels } = decode(await Deno.readFile(sheets[0]));
    assert(width > 1000 && height > 600 && channels === 3);
    assert(figures.includes(join(folder, "figures/training.svg")));
    assert(figures.includes(join(folder, "figures/nominal/0/corrected-mean.svg")));
  }));

Deno.test("missing and damaged arrays are named and break nothing", () =>
  withFolder(async (folder) => {
    await imageRun(folder);
    const place = join(folder, "arrays/nominal/0");
    await Deno.remove(join(place, "predicted.npy"));
    await Deno.writeFile(join(place, "amortized-std.npy"), new Uint8Array(10));
    await Deno.copyFile(join(place, "observed.npy"), join(place, "corrected-mean.npy")); // of another shape
    assertShows(await reportOf(folder), "Not recorded: predicted, amortized-std, corrected-mean.");
  }));

Deno.test("no migration is missed where none was judged", () =>
  withFolder(async (folder) => {
    await imageRun(folder);
    const path = join(folder, "summary.json"), summary = JSON.parse(await Deno.readTextFile(path));
    for (const scenario of summary.scenarios) delete scenario.migration;
    await Deno.writeTextFile(path, JSON.stringify(summary));
    for (let i = 0; i < 2; i++) await Deno.remove(join(folder, `arrays/nominal/${i}/migration.npy`));
    assert(!(await reportOf(folder)).includes("Not recorded"));
  }));

Deno.test("a vector problem is drawn as one, however many axes its arrays have", () =>
  withFolder(async (folder) => {
    await vectorRun(folder);
    const place = join(folder, "arrays/nominal/0");
    for await (const { name } of Deno.readDir(place)) {
      if (!/^truth|-(mean|std|samples)\.npy$/.test(name)) continue;
      const { data, shape } = decodeNpy(await Deno.readFile(join(place, name)));
      await Deno.writeFile(join(place, name), encodeNpy(Float32Array.from(data), [...shape, 1]));
    }
    const path = join(folder, "summary.json"), summary = JSON.parse(await Deno.readTextFile(path));
    summary.problem.shape = [3, 1];
    await Deno.writeTextFile(path, JSON.stringify(summary));
    const text = await reportOf(folder);
    assertShows(text, "Marginals");
    assert(!text.includes("Pointwise standard deviation"));
    const compared = await comparedPictures([{ path: folder, summary }] as unknown as ComparedRun[], {
      slug: "nominal",
      inRuns: [summary.scenarios[0]],
    } as unknown as ComparedScenario);
    assertEquals(compared.map(({ title }) => title), ["Marginals"]);
  }));

Deno.test("a run without an outcome gives a report of what is there", () =>
  withFolder(async (folder) => {
    await imageRun(folder);
    await Deno.remove(join(folder, "summary.json"));
    await Deno.writeTextFile(join(folder, "metrics.jsonl"), '{"stage":"train","step":1,"lo', {
      append: true,
    });
    const text = await reportOf(folder);
    assertShows(text, "This run did not finish");
    assertShows(text, "The run folder lacks summary.json");
    assertShows(text, "Pointwise standard deviation");
  }));

Deno.test("an empty folder and a cut-off summary give a report that says so", () =>
  withFolder(async (folder) => {
    assertShows(
      await reportOf(folder),
      "The run folder lacks summary.json, metrics.jsonl, spec.yaml",
    );
    await Deno.writeTextFile(join(folder, "summary.json"), '{"name": "cut');
    assertShows(await reportOf(folder), "summary.json (it is not valid JSON)");
  }));

Deno.test("the training curve leaves out the steps that a rollback gave up", async () => {
  const step = (step: number, loss: number) => ({ stage: "train", step, loss });
  const given = [step(10, 1), step(20, 0.9), step(30, 50), step(40, 1e6)];
  const rollback = { stage: "rollback", step: 40, from: 20, loss: 1e6 };
  const after = [step(30, 0.8), step(40, 0.7)];
  const drawn = await trainingFigure([...given, rollback, ...after]);
  assertEquals(drawn, await trainingFigure([...given.slice(0, 2), ...after]));
});

Deno.test("what the data told of the prior's strength is a picture of each band", () =>
  withFolder(async (folder) => {
    await imageRun(folder);
    const write = (name: string, data: Float64Array, shape: number[]) =>
      Deno.writeFile(join(folder, "arrays", "nominal", "0", `${name}.npy`), encodeNpy(data, shape));
    await write("local-gains", Float64Array.of(1, 2, 3, 4, -5, -6, -7, -8), [2, 2, 2]);
    await write("local-gain-bands", Float64Array.of(0.04, NaN, 0.1, -18), [2, 2]);
    const report = await reportOf(folder);
    for (const part of ["Gains of the prior, local", 'alt="0.04, all dips"', 'alt="0.1, -18°"']) {
      assertShows(report, part);
    }
  }));
