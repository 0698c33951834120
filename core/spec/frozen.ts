import { isAbsolute, relative } from "node:path";
import { stringify } from "@std/yaml";
import type { LoadedSpec } from "./load.ts";

/**
 * A spec as one file: YAML text that, written to a file in `folder`, loads to the same resolved spec and hash, with
 * what it extends merged in and --set applied. Paths keep their text; `folder` says where they start from.
 */
export function frozenText(loaded: LoadedSpec, { folder }: { folder: string }): string {
  const home = relative(folder, loaded.folder);
  const moved = home !== "" && loaded.files.some((file) => !isAbsolute(file));
  return stringify(moved ? { folder: home, ...loaded.written } : loaded.written);
}
