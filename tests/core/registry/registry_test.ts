import { assertEquals, assertThrows } from "@std/assert";
import { createRegistry } from "../../../core/registry/registry.ts";
import { registry } from "../spec/toys.ts";

Deno.test("a plugin is found by slot and kind", () => {
  assertEquals(registry.get("flow", "glow").about, "Couplings.");
  assertEquals(registry.of("flow").map(({ kind }) => kind), ["hint", "glow"]);
});

Deno.test("an unknown kind names the known ones and the nearest", () => {
  assertThrows(
    () => registry.get("flow", "golw"),
    Error,
    'There is no flow of kind "golw": the kinds are hint, glow; did you mean glow?',
  );
  assertThrows(() => registry.get("flow", "constructor"), Error, "There is no flow");
});

Deno.test("the same kind of one name may serve two slots, but not one slot twice", () => {
  const [flow] = registry.of("flow"), [prior] = registry.of("prior");
  createRegistry([flow, { ...prior, kind: flow.kind }]);
  assertThrows(() => createRegistry([flow, flow]), Error, "kinds must be unique");
});
