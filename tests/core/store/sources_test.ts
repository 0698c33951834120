import { assert, assertEquals } from "@std/assert";
import { sourceReader } from "../../../core/store/sources.ts";
import { type StageKind, STAGES } from "../../../core/store/stages.ts";

const root = new URL("../../../", import.meta.url), sourcesOf = sourceReader(root);

/** What Deno's own module graph says that a file imports, types aside. */
async function importsOf(entry: string): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: root,
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    modules: { specifier: string; dependencies?: { code?: { specifier: string } }[] }[];
  };
  const known = new Map(modules.map((module) => [module.specifier, module]));
  const found = new Set<string>(), open = [new URL(entry, root).href];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (found.has(at) || !at.startsWith("file:")) continue;
    found.add(at);
    for (const { code } of known.get(at)?.dependencies ?? []) if (code) open.push(code.specifier);
  }
  return [...found].map((url) => url.slice(root.href.length)).sort();
}

Deno.test("the sources of a module are all that it imports, as Deno resolves it", async () => {
  for (const entry of ["core/inference/train.ts", "physics/plugins.ts", "flows/plugins.ts"]) {
    const found = new Set(Object.keys(sourcesOf([entry]))), imported = await importsOf(entry);
    assert(imported.length > 5);
    assertEquals(imported.filter((path) => !found.has(path)), [], entry);
  }
});

Deno.test("kernels, workers and pinned packages count as sources", () => {
  const found = Object.keys(sourcesOf(["physics/plugins.ts"]));
  for (const path of ["physics/propagator/worker.ts", "physics/propagator/wasm/order8.wasm", "fft.js"]) {
    assert(found.includes(path), `${path} is missing`);
  }
});

Deno.test("a module that puts stages together counts for those that name it, not for those that it is imported by", () => {
  assert(!Object.keys(sourcesOf(["core/learning/training.ts"])).includes("core/base/progress.ts"));
  const kinds: [string, StageKind][] = Object.entries(STAGES);
  const stagesWith = (path: string) =>
    kinds.filter(([, { sources }]) => path in sourcesOf(sources)).map(([name]) => name);
  assertEquals(stagesWith("core/learning/training.ts"), ["train"]);
  assert(
    !stagesWith("core/inference/correct.ts").includes("train"),
    "a change of the correction would retrain",
  );
  assert(
    !stagesWith("core/judge/judge.ts").includes("correct"),
    "a change of the metrics would correct again",
  );
});

Deno.test("every module that learns, estimates or calibrates is among the sources of a stage", () => {
  const named = new Set(Object.values(STAGES).flatMap(({ sources }: StageKind) => sources));
  const modules = ["core/learning/", "core/methods/"].flatMap((room) =>
    [...Deno.readDirSync(new URL(room, root))].map(({ name }) => room + name)
  );
  assert(modules.length > 10);
  // What reads the flow of a run that is done, and types alone.
  const elsewhere = ["core/learning/load_flow.ts", "core/methods/method.ts"];
  assertEquals(modules.filter((path) => !named.has(path) && !elsewhere.includes(path)), []);
  assert(named.has("core/judge/calibration.ts"));
});
