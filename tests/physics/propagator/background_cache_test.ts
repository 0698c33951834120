import { assertEquals, assertNotEquals } from "@std/assert";
import { BackgroundCache } from "../../../physics/propagator/background_cache.ts";

Deno.test("a background keeps its place, whatever the load", () => {
  const cache = new BackgroundCache({ propagators: 2, slots: 4 });
  const first = cache.place("a", [0, 0]);
  assertEquals(cache.place("a", [9, 0]), first);
});

Deno.test("new backgrounds go to the least loaded propagator, and spread evenly when all are idle", () => {
  const cache = new BackgroundCache({ propagators: 2, slots: 4 });
  assertEquals(cache.place("a", [1, 0]).propagator, 1);
  const homes = ["b", "c", "d"].map((key) => cache.place(key, [0, 0]).propagator);
  assertEquals(homes, [0, 0, 1]);
});

Deno.test("no two kept backgrounds share a slot", () => {
  const cache = new BackgroundCache({ propagators: 2, slots: 3 });
  const places = [..."abcdef"].map((key) => cache.place(key, [0, 0]));
  assertEquals(new Set(places.map(({ propagator, slot }) => `${propagator} ${slot}`)).size, 6);
});

Deno.test("a full propagator gives up the background that was used least recently", () => {
  const cache = new BackgroundCache({ propagators: 1, slots: 2 });
  const a = cache.place("a", [0]), b = cache.place("b", [0]);
  cache.place("a", [0]);
  assertEquals(cache.place("c", [0]), b);
  assertEquals(cache.place("a", [0]), a);
  assertNotEquals(cache.place("b", [0]), a);
});
