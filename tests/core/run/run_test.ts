import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { loadFlow, openEngine, registry, rootKey } from "../../../mod.ts";
import { planOf } from "../../../core/plan/plan.ts";
import { loadSpec } from "../../../core/spec/mod.ts";
import { finish, start, TINY_IMAGING } from "./program.ts";

/** Born imaging of 16 x 16 cells: a run takes seconds, most of them of training, so that it can be stopped there. */
const SPEC = `${TINY_IMAGING}training: { pairs: 24, epochs: 100, batch: 8, average: 0.9 }
shifts: [{ name: one source, operator: { acquisition: { sources: { count: 1 } } } }]
correction: { kind: diagonal, passes: 2 }
evaluation: { observations: 1, samples: 8, baselines: [cgls] }
`;

/** Works in a folder of its own, as `results/` and its cache are relative to where a run starts. */
async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/spec.yaml`, SPEC);
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const runArgs = (out: string) => ["run", "spec.yaml", "--engine", "wasm", "--workers", "1", "--out", out];

/** A run to its end, and its summary. */
async function complete(folder: string, out: string): Promise<{ err: string; summary: any }> {
  const { code, err } = await finish(start(folder, runArgs(out)));
  assertEquals(code, 0, err);
  return { err, summary: JSON.parse(await Deno.readTextFile(`${folder}/${out}/summary.json`)) };
}

/** Waits until `happened`, for at most two minutes. */
async function until(happened: () => Promise<boolean>): Promise<void> {
  const started = performance.now();
  while (!await happened()) {
    assert(performance.now() - started < 120_000, "the run did not come so far in two minutes");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const textOf = (path: string) => Deno.readTextFile(path).catch(() => "");
const trainedEpochs = async (run: string) =>
  (await textOf(`${run}/metrics.jsonl`)).split('"stage":"validate"').length - 1;
const cachedStages = (folder: string): Promise<string[]> =>
  Array.fromAsync(Deno.readDir(`${folder}/results/.cache`)).then(
    (entries) => entries.flatMap(({ name }) => /^(.*)-[0-9a-f]+$/.exec(name)?.[1] ?? []).sort(),
    () => [],
  );

/** Without wall-clock times. */
function timeless(value: any): any {
  if (Array.isArray(value)) return value.map(timeless);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => key !== "seconds").map(([key, v]) => [key, timeless(v)]),
  );
}

/** The summary of a run that nothing disturbed; computed once. */
const undisturbed: Promise<any> = inFolder(async (folder) => (await complete(folder, "run")).summary);

Deno.test("the same seed gives the same summary to the last digit, and a second run computes no stage again", () =>
  inFolder(async (folder) => {
    const first = await complete(folder, "first"), second = await complete(folder, "second");
    assertEquals(timeless(first.summary), timeless(await undisturbed));
    assertEquals(timeless(second.summary.scenarios), timeless(first.summary.scenarios));
    const cached = (summary: any) => summary.stages.map((stage: any) => stage.cached);
    assertEquals(cached(first.summary), [false, false, false, false, false]);
    assertEquals(cached(second.summary), [true, true, true, true, true]);
    assertStringIncludes(second.err, "train: cached");
  }));

Deno.test("a run leaves its trained flow in its folder, from the cache too, and a program can load and sample it", () =>
  inFolder(async (folder) => {
    const runs = ["first", "second"];
    for (const run of runs) await complete(folder, run);
    await openEngine("wasm");
    const summary = new Float32Array(16 * 16).fill(0.1), draws = [];
    for (const run of runs) {
      const flow = await loadFlow(`${folder}/${run}/flow`, registry);
      draws.push(await flow.sample(summary, { n: 2, key: rootKey(1) }));
      flow.close();
    }
    assertEquals(draws[0].length, 2 * 16 * 16);
    assert(draws[0].every(Number.isFinite) && draws[0].some((v) => v !== 0));
    assertEquals(draws[1], draws[0]);
  }));

Deno.test("another seed gives another summary", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/spec.yaml`, SPEC.replace("seed: 5", "seed: 6"));
    const { summary } = await complete(folder, "run");
    assert(summary.scenarios[0].corrected.snr !== (await undisturbed).scenarios[0].corrected.snr);
  }));

Deno.test("check tells exactly the solves that the run takes", async () => {
  const { spec } = await loadSpec("tiny.yaml", { registry, text: SPEC });
  const solvesOf = (stages: readonly { name: string; solves: number }[]) =>
    stages.map(({ name, solves }) => [name, solves]);
  const { stages } = planOf(spec, { registry, resources: { workers: 1, memory: 4e9 } })!;
  assertEquals(solvesOf((await undisturbed).stages), solvesOf(stages));
});

Deno.test("SIGINT in training leaves an interrupted run that a rerun continues to the same summary", () =>
  inFolder(async (folder) => {
    const child = start(folder, runArgs("stopped"));
    await until(async () => await trainedEpochs(`${folder}/stopped`) >= 5);
    child.kill("SIGINT");
    assertEquals((await finish(child)).code, 130);
    assertEquals(
      JSON.parse(await Deno.readTextFile(`${folder}/stopped/manifest.json`)).status,
      "interrupted",
    );
    assertEquals(await textOf(`${folder}/stopped/summary.json`), "");
    assertEquals(await cachedStages(folder), ["reference", "simulate", "train-partial", "train-partial"]);

    const report = await finish(start(folder, ["report", "stopped"]));
    assertEquals(report.code, 0, report.err);
    assertStringIncludes(await textOf(`${folder}/stopped/report.html`), "<html");

    const { err, summary } = await complete(folder, "continued");
    assertMatch(err, /training continues at epoch \d+ of 100/);
    assertEquals(timeless(summary.scenarios), timeless((await undisturbed).scenarios));
    const kept = await cachedStages(folder);
    assert(kept.includes("train") && !kept.includes("train-partial"), `${kept}`);
  }));

Deno.test("a run killed in training is continued to the same summary", () =>
  inFolder(async (folder) => {
    const child = start(folder, runArgs("killed"));
    await until(async () => await trainedEpochs(`${folder}/killed`) >= 5);
    child.kill("SIGKILL");
    assertEquals((await finish(child)).code, 137);
    const { err, summary } = await complete(folder, "continued");
    assertMatch(err, /training continues at epoch/);
    assertEquals(timeless(summary.scenarios), timeless((await undisturbed).scenarios));
  }));

Deno.test("a checkpoint that a kill left half-written is passed over for the one before it", () =>
  inFolder(async (folder) => {
    const child = start(folder, runArgs("stopped"));
    await until(async () => await trainedEpochs(`${folder}/stopped`) >= 5);
    child.kill("SIGINT");
    await finish(child);
    const slots = (await Array.fromAsync(Deno.readDir(`${folder}/results/.cache`)))
      .map(({ name }) => `${folder}/results/.cache/${name}`).filter((path) => path.includes("train-partial"));
    const written = await Promise.all(
      slots.map(async (slot) => (await Deno.stat(`${slot}/manifest.json`)).mtime!),
    );
    await Deno.truncate(`${slots[written[0] > written[1] ? 0 : 1]}/state.safetensors`, 100);
    const { err, summary } = await complete(folder, "continued");
    assertMatch(err, /training continues at epoch/);
    assertEquals(timeless(summary.scenarios), timeless((await undisturbed).scenarios));
  }));

Deno.test("a run killed while it simulates leaves nothing that a rerun would take for a stage", () =>
  inFolder(async (folder) => {
    const child = start(folder, runArgs("killed"));
    await until(async () => (await textOf(`${folder}/killed/manifest.json`)).includes("running"));
    child.kill("SIGKILL");
    assertEquals((await finish(child)).code, 137);
    assert(!(await cachedStages(folder)).includes("simulate"), "the run was killed after its simulation");
    const { summary } = await complete(folder, "again");
    assertEquals(timeless(summary.scenarios), timeless((await undisturbed).scenarios));
  }));

Deno.test("a file of images that is not there is a fault of the spec, and nothing is written", () =>
  inFolder(async (folder) => {
    const prior = "prior: { kind: image-patches, images: nowhere.npy }";
    await Deno.writeTextFile(`${folder}/spec.yaml`, SPEC.replace("prior: { kind: layered-geology }", prior));
    const { code, err } = await finish(start(folder, runArgs("failed")));
    assertEquals(code, 2);
    assertStringIncludes(err, "prior.images: there is no file");
    assert(!/^\s+at /m.test(err), err);
    await assertRejects(() => Deno.stat(`${folder}/failed`), Deno.errors.NotFound);
  }));
