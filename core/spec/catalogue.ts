import type { Slot } from "../contracts/plugin.ts";
import type { Registry } from "../registry/registry.ts";
import { type JsonSchema, toJson } from "./json_schema.ts";

/** One field of a plugin, as a user writes it. */
interface Field {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly default?: unknown;
  readonly about?: string;
}

interface CatalogueEntry {
  readonly slot: Slot;
  readonly kind: string;
  readonly about: string;
  readonly fields: readonly Field[];
}

/** Every kind with its fields, from the very schemas that validate it. */
export function catalogue(registry: Registry): CatalogueEntry[] {
  return registry.plugins.map(({ slot, kind, about, schema }) => ({
    slot,
    kind,
    about,
    fields: fieldsOf(toJson(schema), ""),
  }));
}

/** The fields of an object, nested ones by their path. */
function fieldsOf({ properties = {}, required = [] }: JsonSchema, prefix: string): Field[] {
  return Object.entries(properties as Record<string, JsonSchema>).flatMap(([key, field]) => {
    const name = prefix + key;
    const entry = {
      name,
      type: typeOf(field),
      required: required.includes(key),
      default: field.default,
      about: field.description,
    };
    return [entry, ...(field.properties ? fieldsOf(field, `${name}.`) : alternativesOf(field, name))];
  });
}

function alternativesOf(field: JsonSchema, name: string): Field[] {
  const members = ((field.oneOf ?? []) as JsonSchema[]).filter((member) => member.properties?.kind);
  return members.flatMap((member) => {
    const { kind: { const: kind }, ...properties } = member.properties;
    return fieldsOf({ ...member, properties }, `${name}[${kind}].`);
  });
}

function typeOf(field: JsonSchema): string {
  const alternatives: JsonSchema[] = field.oneOf ?? field.anyOf ?? [];
  if (alternatives.length > 0) {
    const kinds = alternatives.map((a) => a.properties?.kind?.const);
    return kinds.every(Boolean)
      ? `kind ${kinds.join(" | ")}`
      : [...new Set(alternatives.map(typeOf))].join(" or ");
  }
  if (field.unit) return `quantity in ${field.unit}`;
  if (field.enum) return field.enum.join(" | ");
  if (field.const !== undefined) return String(field.const);
  if (field.type === "array") return listOf(field.items);
  if (field.exclusive) return `one of ${Object.keys(field.properties).join(", ")}`;
  const names: Record<string, string> = { object: "map", string: "text", integer: "whole number" };
  return [field.type ?? "any"].flat().map((type) => names[type] ?? type).join(" or ") + limits(field);
}

function listOf(items: JsonSchema | JsonSchema[] | undefined): string {
  if (Array.isArray(items)) return `[${items.map(typeOf).join(", ")}]`;
  return items ? `list of ${typeOf(items)}` : "list";
}

function limits({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const huge = (n?: number | null) => n === undefined || n === null || Math.abs(n) >= Number.MAX_SAFE_INTEGER;
  const parts = [
    huge(minimum) ? "" : `>= ${minimum}`,
    huge(exclusiveMinimum) ? "" : `> ${exclusiveMinimum}`,
    huge(maximum) ? "" : `<= ${maximum}`,
    huge(exclusiveMaximum) ? "" : `< ${exclusiveMaximum}`,
  ].filter(Boolean);
  return parts.length > 0 ? ` ${parts.join(", ")}` : "";
}

/** The catalogue as aligned text, slot by slot. */
export function catalogueText(registry: Registry): string {
  const entries = catalogue(registry), lines: string[] = [];
  for (const slot of new Set(entries.map((entry) => entry.slot))) {
    lines.push(slot);
    for (const entry of entries.filter((e) => e.slot === slot)) {
      lines.push(`  ${entry.kind}: ${entry.about}`, ...fieldLines(entry.fields), "");
    }
  }
  return lines.join("\n").trimEnd() + "\n";
}

function fieldLines(fields: readonly Field[]): string[] {
  const rows = fields.map((field) => [field.name, field.type, presence(field), field.about ?? ""]);
  const widths = [0, 1, 2].map((column) =>
    Math.min(44, Math.max(0, ...rows.map((row) => row[column].length)))
  );
  return rows.map((row) => "    " + row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ").trimEnd());
}

function presence(field: Field): string {
  if (field.default === undefined) return field.required ? "required" : "optional";
  const { default: value } = field;
  return `default ${typeof value === "string" ? value : JSON.stringify(value)}`;
}
