import { init, parse } from "es-module-lexer";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { digestOf } from "../base/files.ts";

await init;

/** Digest of each source file, and the pinned version of each package, by path or name. */
export type Sources = Readonly<Record<string, string>>;

/**
 * Finds the {@link Sources} of `entries`. Entries are paths from the root of the project; a folder means all its
 * modules.
 */
export type SourcesOf = (entries: readonly string[]) => Sources;

interface Module {
  readonly digest: string;
  /** Paths of the files that it loads, and names of packages. */
  readonly loads: readonly string[];
}

/** Rooms that ask for results and show them. They compute none, so their files count for no stage. */
export const UNCOUNTED = /^core\/(run|report|results|launch|sweep|cli)\//;

/**
 * Follows the imports of entries, types aside, and the workers and kernels that they load by URL, into every room that
 * computes (docs/decisions/0028-every-import-counts.md). Each file is read once; `read` gives its bytes.
 */
export function sourceReader(
  root: URL,
  read: (path: string) => Uint8Array = (path) => Deno.readFileSync(fileURLToPath(root) + path),
): SourcesOf {
  const folder = fileURLToPath(root), modules = new Map<string, Module>();
  const pins: Record<string, string> = JSON.parse(Deno.readTextFileSync(`${folder}deno.json`)).imports;
  const moduleOf = (path: string) => {
    const module = modules.get(path) ?? moduleIn(read(path), { path, folder, pins });
    modules.set(path, module);
    return module;
  };
  return (entries) => {
    const sources: Record<string, string> = {};
    const open = entries.flatMap((entry) =>
      entry.endsWith("/") ? filesLike(`${entry}*.ts`, folder) : [entry]
    );
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      if (path in sources || UNCOUNTED.test(path)) continue;
      if (Object.hasOwn(pins, path) && pins[path].startsWith("npm:")) {
        sources[path] = pins[path];
        continue;
      }
      const { digest, loads } = moduleOf(path);
      sources[path] = digest;
      open.push(...loads);
    }
    return sources;
  };
}

interface Place {
  readonly path: string;
  readonly folder: string;
  readonly pins: Readonly<Record<string, string>>;
}

function moduleIn(bytes: Uint8Array, place: Place): Module {
  const digest = digestOf(bytes, 16);
  if (!place.path.endsWith(".ts")) return { digest, loads: [] };
  const text = new TextDecoder().decode(bytes);
  return { digest, loads: [...importsIn(text, place), ...urlsIn(text, place)] };
}

/**
 * What a module imports, types aside. An import whose name is computed is an error, because its file would not count.
 */
function importsIn(text: string, { path, pins }: Place): string[] {
  return parse(text, path)[0].flatMap((imported) => {
    if (imported.type === "import-meta" || (imported.type !== "dynamic" && imported.typeOnly)) return [];
    const { specifier } = imported;
    if (specifier === undefined || (imported.type === "dynamic" && imported.glob)) {
      throw new Error(
        `${path} imports a module whose name is computed: the cache must know it; write it out.`,
      );
    }
    if (specifier.startsWith(".")) return [beside(path, specifier)];
    if (!Object.hasOwn(pins, specifier)) return []; // a module of node, which comes with Deno
    return [pins[specifier].startsWith("./") ? pins[specifier].slice(2) : specifier];
  });
}

const BY_URL = /new URL\(([^;]*?),\s*import\.meta\.url\s*,?\s*\)/g, NAMES = /["`](\.[^"`]*)["`]/g;

/** The workers and kernels that a module loads by URL, every file that a name with a variable part may stand for. */
function urlsIn(text: string, { path, folder }: Place): string[] {
  return [...text.matchAll(BY_URL)].flatMap(([, names]) =>
    [...names.matchAll(NAMES)].flatMap(([, name]) =>
      filesLike(beside(path, name.replace(/\$\{[^}]*\}/g, "*")), folder)
    )
  );
}

function beside(path: string, name: string): string {
  return posix.join(posix.dirname(path), name);
}

/** The files that match a path with `*` in its name. A folder matches none. */
function filesLike(path: string, folder: string): string[] {
  const cut = path.lastIndexOf("/") + 1, pattern = path.slice(cut);
  if (!pattern) return [];
  const [head, tail = ""] = pattern.split("*"), exact = !pattern.includes("*");
  return [...Deno.readDirSync(folder + path.slice(0, cut))].map(({ name }) => name).filter((name) =>
    exact ? name === pattern : name.startsWith(head) && name.endsWith(tail)
  ).sort().map((name) => path.slice(0, cut) + name);
}
