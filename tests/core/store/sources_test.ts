import { assert, assertEquals, assertThrows } from "@std/assert";
import { fileURLToPath } from "node:url";
import { canonicalJson } from "../../../core/base/files.ts";
import { stageSources } from "../../../core/store/graph.ts";
import { sourceReader, UNCOUNTED } from "../../../core/store/sources.ts";
import { type StageKind, type StageName, STAGES } from "../../../core/store/stages.ts";
import { SOURCES } from "../../../mod.ts";

const { root, plugins } = SOURCES, folder = fileURLToPath(root);
const names = Object.keys(STAGES) as StageName[];

/** The sources of every stage as a run has them, by a reader of files. */
function sourcesBy(read?: (path: string) => Uint8Array) {
  const sourcesOf = stageSources({ sourcesOf: sourceReader(root, read), plugins });
  return Object.fromEntries(names.map((name) => [name, sourcesOf(name)]));
}

/** Files that modules load by URL, of which Deno's graph does not tell. */
const BY_URL: Readonly<Record<string, readonly string[]>> = {
  "core/inference/local_pool.ts": ["core/inference/local_worker.ts"],
  "core/engine/wasm/kernel_file.ts": [
    "core/engine/wasm/kernels.wasm",
    "core/engine/wasm/kernels_relaxed.wasm",
  ],
  "physics/propagator/pool.ts": ["physics/propagator/worker.ts"],
  "physics/propagator/wasm/green_convolution.ts": ["physics/propagator/wasm/green_convolution.wasm"],
  "physics/propagator/wasm/kernels.ts": [12, 16, 4, 8].map((order) =>
    `physics/propagator/wasm/order${order}.wasm`
  ),
};

interface ModuleGraph {
  modules: { specifier: string; dependencies?: { code?: { specifier: string } }[] }[];
}

/** What Deno says that each file under these imports, types aside: paths from the root, and pinned packages. */
async function denoImports(files: readonly string[]): Promise<Map<string, string[]>> {
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(entry, files.map((path) => `import "${new URL(path, root)}";\n`).join(""));
  const args = ["info", "--json", "--config", `${folder}deno.json`, entry];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
  await Deno.remove(entry);
  const { modules }: ModuleGraph = JSON.parse(new TextDecoder().decode(stdout));
  const place = (url: string) => url.startsWith(root.href) ? decodeURI(url.slice(root.href.length)) : url;
  return new Map(modules.map(({ specifier, dependencies = [] }) => [
    place(specifier),
    dependencies.flatMap(({ code }) => code ? [place(code.specifier)] : []),
  ]));
}

/** The files that a stage starts from. */
function entriesOf(name: StageName): string[] {
  const { entries, plugins: groups }: StageKind = STAGES[name];
  const all = ["core/store/stored_values.ts", ...entries, ...groups.flatMap((group) => plugins[group])];
  return all.flatMap((path) =>
    path.endsWith("/")
      ? [...Deno.readDirSync(folder + path)].map(({ name }) => path + name).filter((at) => at.endsWith(".ts"))
      : [path]
  );
}

Deno.test("the sources of every stage are all that its entries import, as Deno resolves it", async () => {
  const { imports: pins } = JSON.parse(await Deno.readTextFile(`${folder}deno.json`)), found = sourcesBy();
  const graph = await denoImports([
    ...names.flatMap(entriesOf),
    ...Object.values(BY_URL).flat().filter((at) => at.endsWith(".ts")),
  ]);
  for (const name of names) {
    const expected = new Set(entriesOf(name));
    for (const at of expected) {
      for (const to of [...graph.get(at) ?? [], ...BY_URL[at] ?? []]) {
        if (!UNCOUNTED.test(to) && !to.startsWith("node:")) expected.add(to);
      }
    }
    const own = Object.keys(found[name]).map((path) => pins[path] ?? path);
    assert(expected.size > 5);
    assertEquals(own.sort(), [...expected].sort(), name);
  }
});

Deno.test("every stage is made by rooms that count", () => {
  const entries = names.flatMap((name) => [...STAGES[name].entries]);
  assertEquals(entries.filter((path) => UNCOUNTED.test(path)), []);
});

/** Stages that some plugins take part in. */
function stagesWith(group: StageKind["plugins"][number]): StageName[] {
  return names.filter((name) => (STAGES[name] as StageKind).plugins.includes(group));
}

/** A constant of a file, another value of it, and the stages that this changes. */
const CONSTANTS:
  readonly (readonly [path: string, from: string, to: string, changes: readonly StageName[]])[] = [
    ["core/problem/geometry.ts", '"geometry"', '"array"', ["geometry"]],
    ["core/problem/problems.ts", '"simulate"', '"sample"', [
      "reference",
      "simulate",
      "pairs",
      "tuning",
      "baseline",
    ]],
    ["core/learning/simulation.ts", "WAVE_PAIRS = 48", "WAVE_PAIRS = 49", ["simulate", "pairs"]],
    ["core/learning/training.ts", "CHECKPOINT_SECONDS = 60", "CHECKPOINT_SECONDS = 61", ["train"]],
    ["core/learning/detection.ts", "COMPARED = 400", "COMPARED = 401", ["residuals", "detectors", "detect"]],
    ["core/methods/baseline.ts", '"baseline"', '"fit"', ["tuning", "baseline", "fit"]],
    ["core/methods/baselines/cgls.ts", "TUNING_IMAGES = 2", "TUNING_IMAGES = 3", ["tuning", "baseline"]],
    ["core/methods/baselines/lsrtm.ts", '"illumination"', '"light"', ["baseline"]],
    ["core/methods/baselines/linear_gaussian.ts", '"learned"', '"hierarchical"', ["baseline"]],
    ["core/methods/fits/latent_map.ts", "steps: 160", "steps: 161", ["fit"]],
    ["core/methods/fits/variational.ts", '"coordinates"', '"axes"', ["fit"]],
    ["core/problem/observation_node.ts", '"scenario"', '"shift"', ["observe"]],
    ["core/judge/observation_record.ts", "KEPT_SAMPLES = 64", "KEPT_SAMPLES = 65", ["show", "evaluate"]],
    ["core/methods/reference.ts", "toFixed(3)", "toFixed(4)", ["exact", "draw"]],
    ["core/methods/migration.ts", "norm > 0", "norm > 1", ["draw"]],
    ["core/methods/drawn.ts", 'fold(key, "draw")', 'fold(key, "sample")', ["draw"]],
    ["core/methods/corrected.ts", 'fold(key, "correct")', 'fold(key, "fit")', ["correct", "calibrate"]],
    ["core/methods/refined.ts", "BATCH = 512", "BATCH = 511", ["refine", "decide"]],
    ["core/methods/policy.ts", '"weigh"', '"weight"', ["decide"]],
    ["core/judge/judge.ts", '"noise law"', '"law"', ["evaluate"]],
    ["core/judge/tradeoff.ts", '"crps"', '"rmse"', ["evaluate"]],
    ["core/judge/calibration.ts", "PROJECTIONS = 4", "PROJECTIONS = 5", ["calibrate"]],
    ["core/inference/correct.ts", "PATIENCE = 2", "PATIENCE = 3", ["correct", "fit", "calibrate"]],
    ["physics/wavelet.ts", "SPENT = 0.02", "SPENT = 0.03", stagesWith("problem")],
    ["physics/propagator/worker.ts", "onmessage", "onerror", stagesWith("problem")],
    ["flows/layers/affine.ts", "LOW = 0.5", "LOW = 0.6", stagesWith("flow")],
    ["flows/corrections/low_rank.ts", "row = 0", "row = 1", stagesWith("correction")],
    ["core/metrics/ssim.ts", "K1 = 0.01", "K1 = 0.02", stagesWith("metric")],
    ["core/store/stored_values.ts", "const", "let", names],
  ];

Deno.test("a constant changes the stages that it is used by, and no other", () => {
  const before = sourcesBy();
  for (const [path, from, to, changes] of CONSTANTS) {
    const text = Deno.readTextFileSync(folder + path),
      changed = new TextEncoder().encode(text.replace(from, to));
    assert(text.includes(from), `${path} does not hold ${from}`);
    const after = sourcesBy((at) => at === path ? changed : Deno.readFileSync(folder + at));
    const differ = names.filter((name) => canonicalJson(before[name]) !== canonicalJson(after[name]));
    assertEquals(differ, names.filter((name) => changes.includes(name)), path);
  }
  const tested = new Set(CONSTANTS.flatMap(([, , , changes]) => changes));
  assertEquals(names.filter((name) => !tested.has(name)), []);
});

Deno.test("a module whose name is computed is an error", () => {
  const read = () => new TextEncoder().encode("await import(name);");
  assertThrows(
    () => sourceReader(root, read)(["core/here.ts"]),
    Error,
    "core/here.ts imports a module whose name is",
  );
});

Deno.test("every module that learns or estimates is among the sources of a stage", () => {
  const counted = new Set(Object.values(sourcesBy()).flatMap((sources) => Object.keys(sources)));
  const rooms = ["problem/", "learning/", "methods/", "methods/baselines/", "methods/fits/", "metrics/"];
  const modules = rooms.flatMap((room) =>
    [...Deno.readDirSync(`${folder}core/${room}`)].filter(({ isFile }) => isFile)
      .map(({ name }) => `core/${room}${name}`)
  );
  assert(modules.length > 40);
  // These put nodes together that other modules make, or hold types alone.
  const elsewhere = [
    "learning/learned",
    "methods/asked",
    "methods/learned_nodes",
    "methods/plugins",
    "methods/posteriors",
  ];
  const uncounted = modules.filter((path) => !counted.has(path)).sort();
  assertEquals(uncounted, elsewhere.map((name) => `core/${name}.ts`));
});
