import type { z } from "zod";
import type { Registry } from "../registry/registry.ts";
import { componentSchema, specSchema } from "./schema.ts";
import { PROBLEM_SLOTS, type ProblemSlot } from "./problem_slots.ts";

/** A registry, with the schemas that are built from it once. */
export interface Grammar {
  readonly registry: Registry;
  readonly schema: z.ZodObject;
  readonly components: Readonly<Record<ProblemSlot, z.ZodType>>;
}

export function grammarOf(registry: Registry): Grammar {
  const components = PROBLEM_SLOTS.map((slot) => [slot, componentSchema(registry, slot)]);
  return { registry, schema: specSchema(registry), components: Object.fromEntries(components) };
}
