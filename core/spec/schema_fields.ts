/** What a zod schema says about the keys of a spec: which fields a map has, and which maps are exclusive. */
import type { z } from "zod";
import { type Path, valueAt } from "./path.ts";

/** A path in a spec as written; the `kind`s in `input` choose among the alternatives on the way. */
interface At {
  readonly path: Path;
  readonly input: unknown;
}

/** The known keys of the map at a path. */
export function fieldsAt(schema: z.ZodType, at: At): string[] {
  const map = schemaAt(schema, at);
  return Object.keys((map && shapeOf(inside(map, valueAt(at.input, at.path)))) ?? {});
}

/** Whether the map at a path is one of `oneOf`: exactly one of its keys may be there. */
export function isExclusive(schema: z.ZodType, at: At): boolean {
  const map = schemaAt(schema, at);
  return map !== undefined && inside(map, undefined).meta()?.exclusive === true;
}

/** The value of a path that is not written: the default of the schema, in its written form. */
export function presetAt(schema: z.ZodType, at: At): unknown {
  const { def } = (schemaAt(schema, at) ?? {}) as any;
  return def?.type === "prefault" || def?.type === "default" ? def.defaultValue : undefined;
}

/** Whether a value's schema marks it as the name of a file. */
export function isFile(schema: z.ZodType): boolean {
  return inside(schema, undefined).meta()?.file === true;
}

/** Whether the value at a path must be a whole number. */
export function isWhole(schema: z.ZodType, at: At): boolean {
  const field = schemaAt(schema, at);
  return field !== undefined && (inside(field, undefined) as { isInt?: boolean }).isInt === true;
}

/** The parts of a map or list that its schema knows, each with its own schema. */
export function partsOf(
  schema: z.ZodType,
  value: unknown,
): { key: string | number; schema: z.ZodType; value: unknown }[] {
  if (value === null || typeof value !== "object") return [];
  const whole = inside(schema, value), list = Array.isArray(value);
  return Object.entries(value).flatMap(([name, part]) => {
    const key = list ? Number(name) : name, schema = childOf(whole, key);
    return schema ? [{ key, schema, value: part }] : [];
  });
}

/** The schema of the value at a path. */
export function schemaAt(schema: z.ZodType, { path, input }: At): z.ZodType | undefined {
  if (path.length === 0) return schema;
  const [key, ...rest] = path;
  const next = childOf(inside(schema, input), key);
  return next && schemaAt(next, { path: rest, input: valueAt(input, [key]) });
}

function childOf(schema: z.ZodType, key: string | number): z.ZodType | undefined {
  const { def } = schema as any;
  if (def.type === "array") return def.element;
  if (def.type === "record") return def.valueType;
  if (def.type === "union") {
    return def.options.map((o: z.ZodType) => childOf(inside(o, undefined)!, key)).find(Boolean);
  }
  if (def.type === "tuple") return Number.isInteger(Number(key)) ? def.items[Number(key)] : undefined;
  const shape = shapeOf(schema);
  return shape && Object.hasOwn(shape, key) ? shape[key] : undefined;
}

/** Without defaults, optionality and transforms, and the union's member of the input's kind. */
function inside(schema: z.ZodType, input: unknown): z.ZodType {
  const { def } = schema as any;
  if (def.innerType) return inside(def.innerType, input);
  if (def.type === "pipe") return inside(def.in, input);
  if (def.type !== "union") return schema;
  const branch = branchOf(schema, input);
  if (branch !== undefined) return inside(def.options[branch], input);
  const kind = (input as { kind?: unknown } | null | undefined)?.kind;
  const member = def.options.find((o: z.ZodType) => kindsOf(o).includes(kind));
  return member ? inside(member, input) : schema;
}

/** Without defaults, optionality and transforms. */
export function unwrapped(schema: z.ZodType): z.ZodType {
  const { def } = schema as any;
  if (def.type === "pipe") return unwrapped(def.in);
  return def.innerType ? unwrapped(def.innerType) : schema;
}

/** Which branch of a union a value means, where the union's `branch` tells: its faults are the value's. */
export function branchOf(schema: z.ZodType, input: unknown): number | undefined {
  const choose = schema.meta()?.branch as ((input: unknown) => number) | undefined;
  return choose?.(input);
}

/** The kinds of a union's member; undefined is one of them where the kind may be left out. */
function kindsOf(schema: z.ZodType): unknown[] {
  const kind = shapeOf(inside(schema, undefined))?.kind;
  return [...(kind?._zod.values ?? [])];
}

function shapeOf(schema: z.ZodType): Record<string, z.ZodType> | undefined {
  return (schema as any).def.type === "object" ? (schema as any).shape : undefined;
}
