import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { catalogue, catalogueText, jsonSchema, SCHEMA_FILE, schemaText } from "../../../core/spec/mod.ts";
import { registry } from "./toys.ts";

Deno.test("the JSON Schema offers every kind, pattern and default", () => {
  const { properties, required } = jsonSchema(registry).definitions.whole;
  const kinds = properties.flow.oneOf.map((option: any) => option.properties.kind.const);
  assertEquals(kinds, ["hint", "glow"]);
  assertEquals(required, ["name", "seed", "prior", "operator", "noise"]);
  const [waves] = properties.operator.oneOf;
  assert(new RegExp(waves.properties.interval.pattern).test("1.378 ms"));
  assertEquals(properties.correction.oneOf[0].properties.passes.default, 5);
});

Deno.test("a shift's override has its component's keys, none of them required", () => {
  const { definitions: { whole, partial } } = jsonSchema(registry);
  for (const { properties: { shifts } } of [whole, partial]) {
    assertEquals(shifts.items.properties.operator.$ref, "#/definitions/partial/properties/operator");
  }
  const [waves] = partial.properties.operator.anyOf;
  assertEquals(waves.required, undefined);
  assertEquals(Object.keys(waves.properties.sources.properties), ["count", "depth"]);
});

Deno.test("a spec that extends another need not have the required keys, and may remove sections", () => {
  const { if: extending, then, definitions: { partial } } = jsonSchema(registry);
  assertEquals([extending, then.$ref], [{ required: ["extends"] }, "#/definitions/partial"]);
  assertEquals(partial.required, undefined);
  assertEquals([partial.properties.training.type, partial.properties.flow.anyOf.at(-1)], [
    ["object", "null"],
    {
      type: "null",
    },
  ]);
});

Deno.test("the catalogue gives each field its unit, default and sentence", () => {
  const waves = catalogue(registry).find(({ kind }) => kind === "waves")!;
  assertEquals(waves.fields.find(({ name }) => name === "sources.depth"), {
    name: "sources.depth",
    type: "quantity in m",
    required: false,
    default: "25 m",
    about: "Depth of all.",
  });
  assert(waves.fields.some(({ name }) => name === "background[gradient].top"));
  const text = catalogueText(registry);
  for (const { kind, about } of registry.plugins) assertStringIncludes(text, `  ${kind}: ${about}`);
});

Deno.test("the committed JSON Schema is that of the registry (deno task schema --write)", async () => {
  const { registry } = await import("../../../mod.ts");
  assertEquals((await Deno.readTextFile(SCHEMA_FILE)).split("\n"), schemaText(registry).split("\n"));
});
