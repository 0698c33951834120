import type { Path } from "../spec/path.ts";
import { pathText } from "../spec/path_text.ts";
import { canonicalJson } from "../base/files.ts";

/** A setting's value as it is compared and shown; lists as JSON. */
type Scalar = string | number | boolean | null;

/** `training.pairs` -> 1024. */
export type Settings = Readonly<Record<string, Scalar>>;

/**
 * A resolved spec by the text of its paths, as --set takes them. Scenarios are complete specs of the problem: of them
 * only what differs from the spec's own problem is listed, as `scenarios.<name>.noise.level.scale`.
 */
export function settingsOf(resolved: Record<string, any>): Settings {
  const { scenarios = [], ...spec } = resolved, ofSpec = leavesOf(spec, []);
  const nominal = new Map(ofSpec.map(({ path, value }) => [path.join("\n"), value]));
  const others = (scenarios as Record<string, unknown>[]).flatMap(({ name: _, ...problem }, i) =>
    leavesOf(problem, []).filter(({ path, value }) => nominal.get(path.join("\n")) !== value)
      .map(({ path, value }) => ({ path: ["scenarios", i, ...path], value }))
  );
  return Object.fromEntries(
    [...ofSpec, ...others].map(({ path, value }) => [pathText(path, resolved), value]),
  );
}

interface Leaf {
  readonly path: Path;
  readonly value: Scalar;
}

function leavesOf(value: unknown, path: Path): Leaf[] {
  if (Array.isArray(value)) return [{ path, value: canonicalJson(value) }];
  if (value === null || typeof value !== "object") return [{ path, value: (value ?? null) as Scalar }];
  return Object.entries(value).flatMap(([key, part]) => leavesOf(part, [...path, key]));
}
