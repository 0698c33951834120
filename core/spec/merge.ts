import type { z } from "zod";
import type { Path } from "./path.ts";
import { isExclusive, presetAt } from "./shape.ts";

type Map = Readonly<Record<string, unknown>>;

export function isMapping(value: unknown): value is Map {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/**
 * A component as written with an override merged over it, map by map; lists and scalars are replaced. A map of
 * another `kind`, or of another exclusive alternative (`oneOf`), replaces the one below.
 */
export function mergeOverride(base: unknown, override: unknown, { schema }: { schema: z.ZodType }): unknown {
  const join = (below: unknown, above: unknown, path: Path): unknown => {
    if (!isMapping(below) || !isMapping(above)) return above;
    const otherKind = above.kind !== undefined && above.kind !== below.kind;
    const shared = Object.keys(above).some((key) => Object.hasOwn(below, key));
    if (otherKind || (!shared && isExclusive(schema, { path, input: base }))) return above;
    const joined = Object.entries(above).map(([key, value]) => {
      const place = [...path, key];
      const under = Object.hasOwn(below, key) ? below[key] : presetAt(schema, { path: place, input: base });
      return [key, join(under, value, place)];
    });
    return Object.fromEntries([...Object.entries(below), ...joined]);
  };
  return join(base, override, []);
}
