import { z } from "zod";
import type { Registry } from "../registry/registry.ts";
import { PROBLEM_SLOTS } from "./problem_slots.ts";
import { specSchema } from "./schema.ts";

/** The committed JSON Schema, which editors complete specs by. */
export const SCHEMA_FILE = new URL("./experiment.schema.json", import.meta.url);

export type JsonSchema = Record<string, any>;

/** JSON Schema (draft 7) of a zod schema's written form. */
export function toJson(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { target: "draft-7", io: "input", unrepresentable: "any" });
}

/**
 * JSON Schema of the whole spec. What overrides others has their keys, none of them required: a shift's components,
 * and all of a spec that extends another, where null removes a section.
 */
export function jsonSchema(registry: Registry): JsonSchema {
  const { $schema, ...whole } = toJson(specSchema(registry));
  const partial = loosened(whole);
  for (const name of Object.keys(whole.properties)) allowNull(partial.properties[name]);
  for (const { properties } of [whole, partial].flatMap(overridesOf)) {
    for (const slot of PROBLEM_SLOTS) {
      if (properties[slot]) properties[slot] = { $ref: `#/definitions/partial/properties/${slot}` };
    }
  }
  return {
    $schema,
    title: "driftless experiment",
    definitions: { whole, partial },
    if: { required: ["extends"] },
    then: { $ref: "#/definitions/partial" },
    else: { $ref: "#/definitions/whole" },
  };
}

function overridesOf({ properties: { shifts, evaluation } }: JsonSchema): JsonSchema[] {
  return [shifts.items, evaluation];
}

function allowNull(schema: JsonSchema): void {
  if (schema.anyOf) schema.anyOf.push({ type: "null" });
  else if (typeof schema.type === "string") schema.type = [schema.type, "null"];
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
