import { assert, assertEquals } from "@std/assert";
import { relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const BASE = ["core/std/", "core/base/", "core/data/"];

/**
 * The rooms in their order (docs/architecture.md): a file imports its own room and those that stand before it, never one
 * that stands behind; where a room has `only`, those alone.
 */
const ROOMS: readonly { readonly room: string; readonly only?: readonly string[] }[] = [
  { room: "core/std/" },
  { room: "core/base/" },
  { room: "core/data/" },
  { room: "core/engine/", only: BASE },
  { room: "core/contracts/" },
  { room: "core/registry/" },
  { room: "core/linalg/" },
  { room: "physics/" },
  { room: "flows/", only: [...BASE, "core/engine/", "core/contracts/", "core/registry/"] },
  { room: "core/inference/", only: [...BASE, "core/engine/", "core/contracts/", "core/linalg/"] },
  {
    room: "core/metrics/",
    only: [...BASE, "core/engine/", "core/contracts/", "core/registry/", "core/linalg/"],
  },
  { room: "core/report/", only: [...BASE, "core/contracts/", "core/metrics/"] },
  { room: "core/spec/" },
  { room: "core/store/" },
  { room: "core/plan/" },
  { room: "core/problem/" },
  { room: "core/learning/" },
  { room: "core/methods/" },
  { room: "core/judge/" },
  { room: "core/run/" },
  { room: "core/results/" },
  { room: "core/launch/" },
  { room: "core/sweep/" },
  { room: "core/cli/" },
  { room: "mod.ts" },
];

/** A file and one that it imports, types too; paths from the root. */
type Import = readonly [from: string, to: string];

const roomOf = (path: string) => ROOMS.findIndex(({ room }) => path.startsWith(room));

/** Whether a file may import another one. `core` itself names neither physics nor flows; mod.ts hands them over. */
function allowed([from, to]: Import): boolean {
  const [own, other] = [roomOf(from), roomOf(to)];
  if (own < 0 || other < 0 || own === other) return own >= 0 && own === other;
  if (ROOMS[own].only) return ROOMS[own].only.includes(ROOMS[other].room);
  return other < own && (ROOMS[own].room === "mod.ts" || to.startsWith("core/"));
}

/**
 * The imports that close a circle. At every level of the tree a folder's entries, files and folders alike, must be in
 * some order: so no files import each other in a circle, and no folders.
 */
function circular(imports: readonly Import[]): Import[] {
  const levels = Map.groupBy(imports.map((edge) => ({ edge, ...levelOf(edge) })), ({ level }) => level);
  return [...levels.values()].flatMap((steps) => {
    const next = Map.groupBy(steps, ({ from }) => from);
    const reached = (start: string) => {
      const seen = new Set([start]);
      for (const at of seen) for (const { to } of next.get(at) ?? []) seen.add(to);
      return seen;
    };
    return steps.filter(({ from, to }) => reached(to).has(from)).map(({ edge }) => edge);
  });
}

/** The deepest folder that holds both files of an import, and the entry of it that each is or lies in. */
function levelOf([from, to]: Import) {
  const [a, b] = [from.split("/"), to.split("/")], depth = a.findIndex((name, i) => name !== b[i]);
  return { level: a.slice(0, depth).join("/"), from: a[depth], to: b[depth] };
}

interface ModuleGraph {
  modules: {
    specifier: string;
    dependencies?: { code?: { specifier: string }; type?: { specifier: string } }[];
  }[];
}

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** Every module of the project, workers and build scripts among them; AssemblyScript is no module of Deno's. */
function modules(folder: string): string[] {
  return [...Deno.readDirSync(ROOT + folder)].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return name === "assembly" ? [] : modules(`${folder}/${name}`);
    return name.endsWith(".ts") && !name.endsWith(".d.ts") ? [`${folder}/${name}`] : [];
  });
}

/** What Deno says that all modules import; npm and node modules keep their names. */
async function projectImports(): Promise<Import[]> {
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  const all = ["mod.ts", ...["core", "physics", "flows"].flatMap(modules)];
  await Deno.writeTextFile(entry, all.map((path) => `import "${pathToFileURL(ROOT + path)}";\n`).join(""));
  const args = ["info", "--json", "--config", `${ROOT}deno.json`, entry];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
  const graph: ModuleGraph = JSON.parse(new TextDecoder().decode(stdout));
  await Deno.remove(entry);
  const place = (specifier: string) =>
    specifier.startsWith("file:") ? relative(ROOT, fileURLToPath(specifier)) : specifier;
  const edges = graph.modules.flatMap(({ specifier, dependencies }) =>
    (dependencies ?? []).flatMap(({ code, type }) => [code, type]).flatMap((target): Import[] =>
      target ? [[place(specifier), place(target.specifier)]] : []
    )
  ).filter(([from]) => all.includes(from));
  assert(edges.length > 1000, `only ${edges.length} imports found: the graph was not read`);
  return [...new Map(edges.map((edge) => [edge.join(" "), edge])).values()];
}

const imports = await projectImports();
const own = imports.filter(([, to]) => !/^(npm:|node:)/.test(to));
const text = ([from, to]: Import) => `${from} imports ${to}`;

Deno.test("every import follows the order of rooms", () => {
  assertEquals(own.filter((edge) => !allowed(edge)).map(text), []);
});

Deno.test("an import of a room behind, of a room that is not among its own, or of no room is found", () => {
  const wrong: Import[] = [
    ["core/spec/load.ts", "core/run/run.ts"],
    ["core/report/page.ts", "core/linalg/mod.ts"],
    ["core/run/run.ts", "physics/plugins.ts"],
    ["physics/born.ts", "flows/plugins.ts"],
    ["core/elsewhere.ts", "core/base/random.ts"],
    ["core/run/run.ts", "core/elsewhere/file.ts"],
  ];
  assertEquals(wrong.filter(allowed), []);
});

Deno.test("every folder of core is a room", () => {
  const folders = [...Deno.readDirSync(`${ROOT}core`)].map(({ name }) => `core/${name}/`);
  assertEquals(
    folders.sort(),
    ROOMS.map(({ room }) => room).filter((room) => room.startsWith("core/")).sort(),
  );
});

Deno.test("no files and no folders import each other in a circle", () => {
  assertEquals(circular(own).map(text), []);
});

Deno.test("circles of files and of folders are found", () => {
  const files: Import[] = [["a/x.ts", "a/y.ts"], ["a/y.ts", "a/z.ts"], ["a/z.ts", "a/x.ts"]];
  const folders: Import[] = [["a/x.ts", "b/c/y.ts"], ["b/z.ts", "a/w.ts"]];
  assertEquals(circular([...files, ["a/x.ts", "a/w.ts"]]), files);
  assertEquals(circular([...folders, ["b/z.ts", "d/v.ts"]]), folders);
});

Deno.test("only core/engine names tfjs", () => {
  const users = imports.filter(([, to]) => to.includes("tensorflow")).map(([from]) => from);
  assert(users.length > 0, "no module imports tfjs: the graph was not read");
  assertEquals(users.filter((from) => !from.startsWith("core/engine/")), []);
});
