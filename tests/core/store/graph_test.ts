import { assert, assertEquals, assertMatch } from "@std/assert";
import { finish, start, TINY_IMAGING } from "../run/program.ts";

const SPEC = `${TINY_IMAGING}training: { pairs: 100, epochs: 2, batch: 8, average: 0.9 }
correction: { kind: diagonal, passes: 1 }
evaluation: { observations: 1, samples: 8, baselines: [cgls], metrics: [snr] }
`;

/** A folder whose spec was run once. */
async function afterRun(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/spec.yaml`, SPEC);
    await run(folder, "first");
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const wasm = ["--engine", "wasm", "--workers", "1"];

async function run(folder: string, out: string, changes: readonly string[] = []) {
  const set = changes.flatMap((change) => ["--set", change]);
  const { code, err } = await finish(start(folder, ["run", "spec.yaml", ...wasm, "--out", out, ...set]));
  assertEquals(code, 0, err);
  return JSON.parse(await Deno.readTextFile(`${folder}/${out}/summary.json`));
}

/** Kinds of stages of which a run would have to compute some. */
async function missing(folder: string, ...changes: string[]): Promise<string[]> {
  const set = changes.flatMap((change) => ["--set", change]);
  const child = start(folder, ["cache", "explain", "spec.yaml", "--engine", "wasm", "--json", ...set]);
  const { stdout } = await child.output();
  const stages: { name: string; cached: number; total: number }[] = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  return stages.filter(({ cached, total }) => cached < total).map(({ name }) => name).sort();
}

Deno.test("a change invalidates what follows from it, and nothing else", () =>
  afterRun(async (folder) => {
    assertEquals(await missing(folder), []);
    assertEquals(await missing(folder, "name=other"), []);
    assertEquals(await missing(folder, "gates={corrected.snr: '> 0'}"), []);
    assertEquals(await missing(folder, "evaluation.metrics=[snr, rmse]"), ["evaluate"]);
    assertEquals(await missing(folder, "correction.passes=2"), ["correct", "evaluate"]);
    assertEquals(await missing(folder, "training.epochs=3"), ["correct", "detect", "evaluate", "train"]);
    assertEquals(await missing(folder, "evaluation.baselines=[cgls, lsrtm]"), ["baseline", "evaluate"]);
    const shifted = await missing(folder, "shifts=[{ name: loud, noise: { level: { scale: 2 } } }]");
    assert(!shifted.includes("train") && !shifted.includes("simulate") && shifted.includes("observe"));
    assert((await missing(folder, "seed=6")).includes("simulate"));
    const summary = await run(folder, "metrics", ["evaluation.metrics=[snr, rmse]"]);
    const solved = summary.stages.filter((stage: any) => !stage.cached).map((stage: any) => stage.name);
    assertEquals(solved, ["nominal"], "other metrics are of the scenario alone");
  }));

Deno.test("more training pairs simulate only what is not there yet, and shards change no digit", () =>
  afterRun(async (folder) => {
    const ahead = [
      "run",
      "spec.yaml",
      ...wasm,
      "--only",
      "simulate",
      "--set",
      "training.pairs=150",
      "--set",
      "seed=9",
    ];
    const second = await finish(start(folder, [...ahead, "--shard", "2/2"]));
    assertMatch(
      second.err,
      /1 of 4 shards are simulated, 1 of them now|2 of 4 shards are simulated, 2 of them now/,
    );
    const first = await finish(start(folder, [...ahead, "--shard", "1/2"]));
    assertEquals([first.code, second.code], [0, 0]);
    const changes = ["training.pairs=150", "seed=9"];
    const sharded = await run(folder, "sharded", changes);
    assertEquals(sharded.stages.find((stage: any) => stage.name === "simulate").solves, 0);
    const elsewhere = await Deno.makeTempDir();
    await Deno.writeTextFile(`${elsewhere}/spec.yaml`, SPEC);
    const whole = await run(elsewhere, "whole", changes);
    await Deno.remove(elsewhere, { recursive: true });
    const scores = (summary: any) =>
      summary.scenarios.map(({ amortized, corrected }: any) => [amortized, corrected]);
    assertEquals(scores(sharded), scores(whole));
  }));

Deno.test("two equal runs at once train once, and end alike", () =>
  afterRun(async (folder) => {
    const changes = ["training.epochs=30"];
    const [a, b] = await Promise.all([run(folder, "a", changes), run(folder, "b", changes)]);
    const scores = (summary: any) => summary.scenarios.map(({ corrected }: any) => corrected);
    assertEquals(scores(a), scores(b));
    const trained = [];
    for (const out of ["a", "b"]) {
      const events = (await Deno.readTextFile(`${folder}/${out}/metrics.jsonl`)).trim().split("\n").map((
        line,
      ) => JSON.parse(line));
      const training = events.filter(({ stage }) => stage === "train");
      assert(training.length > 0, "a run records its training, computed or found");
      trained.push(training.every(({ cached }) => !cached));
    }
    assertEquals(trained.sort(), [false, true]);
  }));

Deno.test("a damaged flow is said, trained again, and gives the same summary", () =>
  afterRun(async (folder) => {
    const cache = `${folder}/results/.cache`;
    const entry = [...Deno.readDirSync(cache)].find(({ name }) => /^train-[0-9a-f]+$/.test(name))!.name;
    const array = [...Deno.readDirSync(`${cache}/${entry}`)].find(({ name }) => name.endsWith(".npy"))!.name;
    await Deno.truncate(`${cache}/${entry}/${array}`, 200);
    const { code, err } = await finish(start(folder, ["run", "spec.yaml", ...wasm, "--out", "again"]));
    assertEquals(code, 0, err);
    assertMatch(err, new RegExp(`${entry} is damaged .* computed again`));
    const [before, after] = await Promise.all(
      ["first", "again"].map(async (out) =>
        JSON.parse(await Deno.readTextFile(`${folder}/${out}/summary.json`))
      ),
    );
    assertEquals(after.scenarios[0].corrected, before.scenarios[0].corrected);
  }));
