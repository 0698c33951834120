import { assert, assertEquals, assertLess, assertNotEquals } from "@std/assert";
import {
  fold,
  integers,
  normals,
  normals64,
  permutation,
  philox4x32,
  rootKey,
  uniforms,
} from "../../../core/base/random.ts";

const hex = (words: Uint32Array) => [...words].map((w) => w.toString(16).padStart(8, "0")).join(" ");

Deno.test("Philox4x32-10 gives the known answers published with Random123", () => {
  const F = 0xffffffff;
  assertEquals(hex(philox4x32([0, 0, 0, 0], [0, 0])), "6627e8d5 e169c58d bc57ac4c 9b00dbd8");
  assertEquals(hex(philox4x32([F, F, F, F], [F, F])), "408f276d 41c83b0e a20bc7c6 6d5451fd");
  assertEquals(
    hex(philox4x32([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])),
    "d16cfe09 94fdcceb 5001e420 24126ea1",
  );
});

Deno.test("value i of a stream does not depend on how many are drawn", () => {
  const key = fold(rootKey(3), "x");
  assertEquals(integers(key, 5), integers(key, 100).slice(0, 5));
  assertEquals(normals64(key, 7), normals64(key, 64).slice(0, 7));
});

Deno.test("folding by other names, indices or seeds gives other streams", () => {
  const root = rootKey(7);
  const streams = [
    root,
    fold(root, "a"),
    fold(root, "b"),
    fold(root, 0),
    fold(root, 1),
    fold(root, "ab"),
    rootKey(8),
  ];
  const seen = new Set(streams.map((key) => hex(integers(key, 4))));
  assertEquals(seen.size, streams.length);
  assertNotEquals(fold(fold(root, "a"), "b"), fold(fold(root, "b"), "a"));
});

Deno.test("seeds beyond 32 bits are told apart", () => {
  assertNotEquals(rootKey(1), rootKey(2 ** 32 + 1));
});

Deno.test("normals have the moments of N(0, 1) and no serial correlation", () => {
  const n = 200_000, z = normals(rootKey(11), n);
  const mean = (f: (v: number, i: number) => number) => z.reduce((s, v, i) => s + f(v, i), 0) / n;
  const within = (value: number, expected: number, sd: number) =>
    assertLess(Math.abs(value - expected), 4 * sd / Math.sqrt(n));
  within(mean((v) => v), 0, 1);
  within(mean((v) => v * v), 1, Math.sqrt(2));
  within(mean((v) => v ** 3), 0, Math.sqrt(15));
  within(mean((v) => v ** 4), 3, Math.sqrt(96));
  within(mean((v, i) => v * z[(i + 1) % n]), 0, 1);
});

Deno.test("uniforms lie strictly inside (0, 1) and fill it evenly", () => {
  const u = uniforms(rootKey(5), 100_000), bins = new Array(10).fill(0);
  for (const v of u) {
    assert(v > 0 && v < 1);
    bins[Math.floor(10 * v)]++;
  }
  for (const count of bins) assertLess(Math.abs(count - 10_000), 400);
});

Deno.test("a permutation holds every index once and differs between keys", () => {
  const a = permutation(rootKey(1), 50);
  assertEquals([...a].sort((p, q) => p - q), Array.from({ length: 50 }, (_, i) => i));
  assertNotEquals(a, permutation(rootKey(2), 50));
});
