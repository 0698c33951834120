/** Every count that a schema knows, found by walking it: whole numbers, shares below 1, lengths of lists. */
import type { z } from "zod";

export type Path = readonly (string | number)[];

/** Values to write, one after another. */
export type Edit = readonly (readonly [path: Path, value: unknown])[];

/** A count in a spec: what sets it, besides the maps that it lies in where these are not written. */
export interface Leaf {
  readonly path: Path;
  readonly type: "whole" | "share" | "length";
  /** What must be written before it. */
  readonly under: Edit;
  /** Sets it to a number. */
  readonly to: (n: number) => Edit;
}

/** The counts below a value of a schema; `skip` names keys that are left out. */
export function leavesOf(
  schema: z.ZodType,
  value: unknown,
  { path = [], under = [], skip = [] }: { path?: Path; under?: Edit; skip?: readonly string[] } = {},
): Leaf[] {
  const { def } = schema as any, below = { path, under, skip };
  if (def.innerType) {
    if (value !== undefined) return leavesOf(def.innerType, value, below);
    if (def.defaultValue !== undefined) return leavesOf(def.innerType, def.defaultValue, below);
    return alternatives(def.innerType).flatMap((one) => {
      const made = least(one), leaf = isCount(one);
      return leavesOf(one, made, { ...below, under: leaf ? under : [...under, [path, made]] });
    });
  }
  switch (def.type) {
    case "object":
      return Object.entries((schema as any).shape).flatMap(([key, own]) =>
        skip.includes(key) ? [] : leavesOf(own as z.ZodType, (value as any)?.[key], {
          path: [...path, key],
          under,
        })
      );
    case "tuple":
      return def.items.flatMap((own: z.ZodType, i: number) =>
        leavesOf(own, (value as any)?.[i], { path: [...path, i], under: [...under, [path, value]] })
      );
    case "union":
      return unionLeaves(schema, value, below);
    case "array":
      return listLeaves(def.element, value, below);
    case "number":
      return isCount(schema) ? [numberLeaf(schema, below)] : [];
    default:
      return [];
  }
}

/** Those of the value's own kind, and of the other kinds at their least. */
function unionLeaves(
  schema: z.ZodType,
  value: unknown,
  { path, under }: { path: Path; under: Edit },
): Leaf[] {
  const { def } = schema as any;
  if (!def.discriminator) {
    const fitting = def.options.filter((one: z.ZodType) => one.safeParse(value).success);
    return fitting.flatMap((one: z.ZodType) => leavesOf(one, value, { path, under }));
  }
  return def.options.flatMap((one: z.ZodType) => {
    const own = kindOf(one) === (value as any)?.kind, at = own ? value : least(one);
    return leavesOf(one, at, { path, under: own ? under : [...under, [path, at]] });
  });
}

/** A list's length, by its entries over and over, and what its first entry holds. */
function listLeaves(
  element: z.ZodType,
  value: unknown,
  { path, under }: { path: Path; under: Edit },
): Leaf[] {
  const entries = Array.isArray(value) && value.length > 0 ? value : [least(element)];
  const to = (
    n: number,
  ): Edit => [...under, [path, Array.from({ length: n }, (_, i) => entries[i % entries.length])]];
  const first = leavesOf(element, entries[0], { path: [...path, 0], under: [...under, [path, entries]] });
  return [{ path: [...path, "length"], type: "length", under, to }, ...first];
}

function numberLeaf(schema: z.ZodType, { path, under }: { path: Path; under: Edit }): Leaf {
  const type = (schema as any).isInt ? "whole" : "share";
  return { path, type, under, to: (n) => [...under, [path, n]] };
}

function isCount(schema: z.ZodType): boolean {
  const { def, isInt, minValue, maxValue } = schema as any;
  return def.type === "number" && (isInt || minValue >= 0 && maxValue <= 1);
}

function alternatives(schema: z.ZodType): z.ZodType[] {
  const { def } = schema as any;
  return def.type === "union" && def.discriminator ? def.options : [schema];
}

function kindOf(option: z.ZodType): unknown {
  return [...((option as any).shape.kind?._zod.values ?? [])][0];
}

/** The least that a schema takes: what it requires, and that as small as can be. */
function least(schema: z.ZodType): unknown {
  const { def, minValue } = schema as any, examples = schema.meta()?.examples as unknown[] | undefined;
  switch (def.type) {
    case "optional":
    case "default":
    case "prefault":
      return undefined;
    case "object": {
      const entries = Object.entries((schema as any).shape).map((
        [key, own],
      ) => [key, least(own as z.ZodType)]);
      return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
    }
    case "number":
      return Math.max(Number.isFinite(minValue) ? minValue : 1, (schema as any).isInt ? 2 : 0.5);
    case "string":
      return "x";
    case "pipe":
      return examples?.[0] ?? (def.in.meta()?.examples as unknown[] | undefined)?.[0];
    case "enum":
      return Object.values(def.entries)[0];
    case "literal":
      return def.values[0];
    case "boolean":
      return false;
    case "array":
      return [least(def.element)];
    case "tuple":
      return def.items.map(least);
    case "union":
      return least(def.options[0]);
    default:
      return {};
  }
}

/** A tree with a value at a path, maps and lists on the way made where there are none. */
export function edited(tree: unknown, edit: Edit): unknown {
  const root = structuredClone(tree);
  for (const [path, value] of edit) {
    let at = root as any;
    path.slice(0, -1).forEach((key, i) => {
      if (at[key] === null || typeof at[key] !== "object") {
        at[key] = typeof path[i + 1] === "number" ? [] : {};
      }
      at = at[key];
    });
    at[path.at(-1)!] = structuredClone(value);
  }
  return root;
}
