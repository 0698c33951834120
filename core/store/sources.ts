import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { digestOf } from "../base/files.ts";

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

/** Rooms that put stages together: each stage names the files of theirs that it is computed by. */
const GLUE = /^core\/(registry|spec|store|plan|problem|learning|methods|judge|run|report)\//;

/**
 * Follows the imports of entries, types aside, and the workers and kernels that they load by URL. Files of
 * {@link GLUE} count only where they are entries, so that a change of how a run speaks invalidates nothing.
 */
export function sourceReader(root: URL): SourcesOf {
  const folder = fileURLToPath(root), known = new Map<string, Module>();
  const pins: Record<string, string> = JSON.parse(Deno.readTextFileSync(`${folder}deno.json`)).imports;
  const moduleOf = (path: string) => {
    const found = known.get(path) ?? readModule(path, { folder, pins });
    known.set(path, found);
    return found;
  };
  return (entries) => {
    const sources: Record<string, string> = {};
    const open = entries.flatMap((entry) =>
      entry.endsWith("/") ? filesLike(`${entry}*.ts`, folder) : [entry]
    );
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      if (path in sources) continue;
      if (Object.hasOwn(pins, path) && pins[path].startsWith("npm:")) {
        sources[path] = pins[path];
        continue;
      }
      const { digest, loads } = moduleOf(path);
      sources[path] = digest;
      open.push(...loads.filter((next) => !GLUE.test(next)));
    }
    return sources;
  };
}

const STATEMENT =
  /^(?:import|export)\s+(?!type\b)[^;"]*?from\s+"([^"]+)"|^import\s+"([^"]+)"|import\("([^"]+)"\)/gm;
const BY_URL = /new URL\(["`](\.[^"`]*)["`], import\.meta\.url\)/g;

function readModule(
  path: string,
  { folder, pins }: { folder: string; pins: Readonly<Record<string, string>> },
): Module {
  const bytes = Deno.readFileSync(folder + path), digest = digestOf(bytes, 16);
  if (!path.endsWith(".ts")) return { digest, loads: [] };
  const text = new TextDecoder().decode(bytes), loads: string[] = [];
  const place = (to: string) => posix.join(posix.dirname(path), to);
  for (const [, from, effect, dynamic] of text.matchAll(STATEMENT)) {
    const to = from ?? effect ?? dynamic;
    if (to.startsWith(".")) loads.push(place(to));
    else if (Object.hasOwn(pins, to)) loads.push(pins[to].startsWith("./") ? pins[to].slice(2) : to);
  }
  for (const [, to] of text.matchAll(BY_URL)) {
    loads.push(...filesLike(place(to.replace(/\$\{[^}]*\}/g, "*")), folder));
  }
  return { digest, loads };
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
