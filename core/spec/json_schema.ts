import { z } from "zod";
import type { Registry } from "../run/registry.ts";
import { PROBLEM_SLOTS } from "./scenarios.ts";
import { specSchema } from "./schema.ts";

/** The committed JSON Schema, which editors complete specs by. */
export const SCHEMA_FILE = new URL("./experiment.schema.json", import.meta.url);

export type JsonSchema = Record<string, any>;

/** JSON Schema (draft 7) of a zod schema's written form. */
export function toJson(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { target: "draft-7", io: "input", unrepresentable: "any" });
}

/** JSON Schema of the whole spec; a shift's overrides have their component's keys, none of them required. */
export function jsonSchema(registry: Registry): JsonSchema {
  const { $schema, ...schema } = toJson(specSchema(registry));
  const overrides = [schema.properties.shifts.items, schema.properties.evaluation];
  for (const { properties } of overrides) {
    for (const slot of PROBLEM_SLOTS) {
      if (!properties[slot]) continue;
      const { description } = properties[slot];
      properties[slot] = { ...loosened(schema.properties[slot]), description };
    }
  }
  return { $schema, title: "driftless experiment", ...schema };
}

/** The committed file's text. */
export function schemaText(registry: Registry): string {
  return JSON.stringify(jsonSchema(registry), null, 2) + "\n";
}

function loosened(schema: any): any {
  if (Array.isArray(schema)) return schema.map(loosened);
  if (schema === null || typeof schema !== "object") return schema;
  const { required: _, default: __, oneOf, ...rest } = schema;
  const loose = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, loosened(value)]));
  // Without its `kind`, an override fits several kinds.
  return oneOf ? { ...loose, anyOf: loosened(oneOf) } : loose;
}
