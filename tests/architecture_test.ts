import { assert, assertEquals } from "@std/assert";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

/** Who may import whom (docs/architecture.md). A file belongs to the first layer whose prefix it has. */
const LAYERS: readonly { readonly prefix: string; readonly may: readonly string[] }[] = [
  { prefix: "core/base/", may: ["core/base/"] },
  { prefix: "core/data/", may: ["core/data/"] },
  { prefix: "core/std/", may: ["core/std/"] },
  { prefix: "core/contracts/", may: ["core/contracts/", "core/base/", "core/engine/"] },
  { prefix: "core/engine/", may: ["core/engine/"] },
  { prefix: "core/linalg/", may: ["core/linalg/", "base"] },
  { prefix: "core/inference/", may: ["core/inference/", "core/linalg/", "base"] },
  { prefix: "core/metrics/", may: ["core/metrics/", "core/linalg/", "base"] },
  { prefix: "core/", may: ["core/"] },
  { prefix: "physics/", may: ["physics/", "core/linalg/", "base"] },
  { prefix: "flows/", may: ["flows/", "base"] },
  { prefix: "mod.ts", may: ["core/", "physics/", "flows/"] },
];

const BASE = ["core/base/", "core/data/", "core/std/", "core/contracts/", "core/engine/"];

interface ModuleGraph {
  modules: {
    specifier: string;
    dependencies?: { code?: { specifier: string }; type?: { specifier: string } }[];
  }[];
}

async function graphOf(file: string): Promise<ModuleGraph> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", file] }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Every project import as [from, to], paths relative to the root; npm imports keep their name. */
async function projectImports(): Promise<[string, string][]> {
  const root = fileURLToPath(new URL("../", import.meta.url));
  const place = (specifier: string) =>
    specifier.startsWith("file:") ? relative(root, fileURLToPath(specifier)) : specifier;
  const edges = new Map<string, [string, string]>();
  for (const entry of ["mod.ts", ...await workerEntries(root)]) {
    for (const module of (await graphOf(root + entry)).modules) {
      for (const { code, type } of module.dependencies ?? []) {
        for (const target of [code, type]) {
          if (!target) continue;
          const edge: [string, string] = [place(module.specifier), place(target.specifier)];
          if (!edge[0].startsWith("npm:")) edges.set(edge.join(" "), edge);
        }
      }
    }
  }
  return [...edges.values()];
}

/** Worker scripts are entry points of their own: no import leads to them. */
async function workerEntries(root: string): Promise<string[]> {
  const found: string[] = [];
  const visit = async (folder: string) => {
    for await (const entry of Deno.readDir(root + folder)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) await visit(path);
      else if (/(^|_)worker\.ts$/.test(entry.name)) found.push(path);
    }
  };
  for (const folder of ["core", "physics", "flows"]) await visit(folder);
  return found;
}

Deno.test("every import follows the layer table", async () => {
  const wrong: string[] = [];
  const imports = (await projectImports()).filter(([, to]) => !/^(npm:|node:)/.test(to));
  assert(imports.length > 100, `only ${imports.length} imports found: the graph was not read`);
  for (const [from, to] of imports) {
    const layer = LAYERS.find(({ prefix }) => from.startsWith(prefix));
    if (!layer) wrong.push(`${from} is in no layer`);
    else {
      const may = layer.may.flatMap((m) => m === "base" ? BASE : [m]);
      if (!may.some((prefix) => to.startsWith(prefix))) wrong.push(`${from} imports ${to}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("only core/engine names tfjs", async () => {
  const users = (await projectImports()).filter(([, to]) => to.includes("tensorflow")).map(([from]) => from);
  assert(users.length > 0, "no module imports tfjs: the graph was not read");
  assertEquals(users.filter((from) => !from.startsWith("core/engine/")), []);
});
