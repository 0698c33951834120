import type { Place, SpecDocument } from "./document.ts";
import type { Path } from "./path.ts";

/** One file of a composed spec. */
export interface Source {
  readonly document: SpecDocument;
  /** Where its relative paths start from. */
  readonly folder: string;
  /** The lines of `extends` that lead to it, the nearest first; none for the spec itself. */
  readonly extendedBy: readonly Place[];
}

/**
 * The origin of a part of a composed spec. `inner` has the origins of its own parts if they are not all in the same
 * file.
 */
export interface Origin {
  readonly source: Source;
  readonly path: Path;
  readonly inner?: ReadonlyMap<string, Origin>;
}

/** The origin of one key of a part, or none where the composed spec has no such key. */
export function childOrigin(origin: Origin | undefined, key: string | number): Origin | undefined {
  if (!origin) return undefined;
  if (origin.inner) return origin.inner.get(String(key));
  return { source: origin.source, path: [...origin.path, key] };
}

/** The origin at a path; where the path is absent, that of the nearest ancestor with the rest of the path. */
export function originAt(root: Origin, path: Path): { readonly origin: Origin; readonly rest: Path } {
  let origin = root;
  for (const [i, key] of path.entries()) {
    const next = childOrigin(origin, key);
    if (!next) return { origin, rest: path.slice(i) };
    origin = next;
  }
  return { origin, rest: [] };
}

/** Whether the composed spec has a value that someone wrote at a path. */
export function isWritten(root: Origin, path: Path): boolean {
  const { origin, rest } = originAt(root, path);
  return rest.length === 0 && origin.source.document.has(origin.path);
}

/** The line of a path, or of its nearest ancestor where it is absent. */
export function placeOf(root: Origin, path: Path, options: { onKey?: boolean } = {}): Place {
  const { origin, rest } = originAt(root, path);
  return origin.source.document.place([...origin.path, ...rest], options);
}

/** " (extended by a.yaml:2:10, ...)" for a file that others extend, or "". */
export function chainText(extendedBy: readonly Place[]): string {
  if (extendedBy.length === 0) return "";
  const chain = extendedBy.map(({ file, line, column }) => `${file}:${line}:${column}`);
  return ` (extended by ${chain.join(", ")})`;
}
