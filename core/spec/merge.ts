import type { z } from "zod";
import { childOrigin, type Origin } from "./origin.ts";
import { componentPath, isMapping, type Path } from "./path.ts";
import { isExclusive, presetAt } from "./schema_fields.ts";

type Map = Readonly<Record<string, unknown>>;

/** A part of a spec as written, and its origin. `origin` is absent for defaults, or if it is not needed. */
export interface Layer {
  readonly value: unknown;
  readonly origin?: Origin;
}

/**
 * A component as written with an override merged over it, map by map. A map of another `kind`, or of another
 * exclusive alternative (`oneOf`), replaces the one below; lists whose entries have names merge by name, other
 * lists and scalars are replaced; null removes what is below.
 */
export function mergeOverride(base: unknown, override: unknown, { schema }: { schema: z.ZodType }): unknown {
  return mergeLayers({ value: base }, { value: override }, { schema }).value;
}

/** {@link mergeOverride} of a component, or of a whole spec, that keeps where each part was written. */
export function mergeLayers(base: Layer, override: Layer, { schema }: { schema: z.ZodType }): Layer {
  const at = (path: Path) => ({ path: componentPath(path), input: base.value });
  const join = (below: Layer, above: Layer, path: Path): Layer => {
    if (isNamed(below.value) && isNamed(above.value)) return joinEntries(below, above, path);
    if (!isMapping(below.value) || !isMapping(above.value)) return above;
    const under = below.value, over = above.value;
    const otherKind = over.kind !== undefined && over.kind !== under.kind;
    const shared = Object.keys(over).some((key) => Object.hasOwn(under, key));
    if (otherKind || (!shared && isExclusive(schema, at(path)))) return above;
    const keys = new Set([...Object.keys(under), ...Object.keys(over)]);
    const parts = [...keys].flatMap((key): [string, Layer][] => {
      if (!Object.hasOwn(over, key)) return [[key, part(below, key)]];
      const place = [...path, key], inherited = Object.hasOwn(under, key);
      if (inherited && over[key] === null) return [];
      const lower = inherited ? part(below, key) : { value: presetAt(schema, at(place)) };
      return [[key, join(lower, part(above, key), place)]];
    });
    return {
      value: Object.fromEntries(parts.map(([key, { value }]) => [key, value])),
      origin: spread(above.origin, parts),
    };
  };
  const joinEntries = (below: Layer, above: Layer, path: Path): Layer => {
    const entries = (layer: Layer) => (layer.value as Map[]).map((_, i) => part(layer, i));
    const nameOf = ({ value }: Layer) => (value as Map).name;
    const all = entries(below);
    for (const entry of entries(above)) {
      const i = all.findIndex((other) => nameOf(other) === nameOf(entry));
      if (i < 0) all.push(entry);
      else all[i] = join(all[i], entry, [...path, i]);
    }
    return {
      value: all.map(({ value }) => value),
      origin: spread(above.origin, all.map((entry, i) => [String(i), entry])),
    };
  };
  return join(base, override, []);
}

function isNamed(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 &&
    value.every((entry) => isMapping(entry) && typeof entry.name === "string");
}

function part({ value, origin }: Layer, key: string | number): Layer {
  return { value: (value as any)[key], origin: childOrigin(origin, key) };
}

/** A missing key of a map is reported at the last file that wrote to the map. */
function spread(origin: Origin | undefined, parts: readonly [string, Layer][]): Origin | undefined {
  if (!origin) return undefined;
  const inner = parts.flatMap(([key, part]): [string, Origin][] => part.origin ? [[key, part.origin]] : []);
  return { source: origin.source, path: origin.path, inner: new Map(inner) };
}
