import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { makeBatch } from "../../../core/inference/batches.ts";
import { fitStandardization, fromFlow, gradientToFlow, toFlow } from "../../../core/inference/standardize.ts";
import { dot } from "../../../core/linalg/mod.ts";
import { fold, normals, rootKey } from "../../../core/random.ts";
import { unitStandardization } from "./toys.ts";

const key = rootKey(41), shape = [2, 3], size = 6;
const indices = (n: number) => Array.from({ length: n }, (_, i) => i);

/** Summaries of a batch of images, without the depth channel. */
function summaries(context: Float32Array): Float32Array {
  return context.filter((_, k) => k % 2 === 0);
}

Deno.test("flips act on an image and its signal alike, and reach some images of a batch", () => {
  const n = 32, x = normals(fold(key, "x"), n * size), noise = new Float32Array(n * size);
  const batch = makeBatch({ n, x, signal: x.map((v) => 3 * v), noise }, indices(n), {
    standardization: unitStandardization({ x: shape, y: shape }),
    settings: { flips: ["lateral", "polarity"], jitter: 0 },
    key,
  });
  assertEquals(summaries(batch.context), batch.x.map((v) => 3 * v));
  const seen = new Set(
    indices(n).map((i) => {
      const [a, , c] = x.subarray(i * size), first = batch.x[i * size];
      return [a, -a, c, -c].indexOf(first);
    }),
  );
  assertEquals([...seen].sort(), [0, 1, 2, 3], "unflipped, polarity, lateral, both");
});

Deno.test("the noise of a pair is flipped apart from its signal", () => {
  const n = 64, noise = normals(fold(key, "noise"), n * size), x = noise;
  const batch = makeBatch({ n, x, signal: new Float32Array(n * size), noise }, indices(n), {
    standardization: unitStandardization({ x: shape, y: shape }),
    settings: { flips: ["lateral"], jitter: 0 },
    key,
  });
  const y = summaries(batch.context);
  const alike = indices(n).filter((i) => y[i * size] === batch.x[i * size]).length;
  assertGreater(alike, n / 4);
  assertLess(alike, 3 * n / 4);
});

Deno.test("training noise comes from the split it is told; validation pairs keep their own", () => {
  const n = 40, noise = Float32Array.from({ length: n }, (_, i) => i), zero = new Float32Array(n);
  const batchOf = (noiseFrom?: number[]) =>
    makeBatch({ n, x: zero, signal: zero, noise }, indices(20), {
      standardization: unitStandardization({ x: [1], y: [1] }),
      settings: { flips: [], jitter: 0 },
      noiseFrom,
      key,
    }).context;
  assertEquals([...batchOf()], indices(20));
  const met = [...batchOf(indices(20))];
  assert(met.every((v) => v < 20), `noise ${met} is from outside the split`);
  assertGreater(new Set(met).size, 8);
  assert(met.some((v, i) => v !== i), "every pair kept its own noise");
});

Deno.test("muted cells of a batch are standard normal, the others as they were", () => {
  const n = 2000, x = new Float32Array(n * size).fill(7), mask = Float32Array.of(0, 0, 0, 1, 1, 1);
  const batch = makeBatch({ n, x, signal: x, noise: x }, indices(n), {
    standardization: unitStandardization({ x: shape, y: shape, mask }),
    settings: { flips: [], jitter: 0 },
    key,
  });
  const muted = batch.x.filter((_, k) => mask[k % size] === 0);
  assert(batch.x.every((v, k) => mask[k % size] === 0 || v === 7));
  assertLess(Math.abs(muted.reduce((a, b) => a + b, 0) / muted.length), 4 / Math.sqrt(muted.length));
  const square = muted.reduce((sum, v) => sum + v * v, 0) / muted.length;
  assertLess(Math.abs(square - 1), 4 * Math.sqrt(2 / muted.length));
});

for (const [name, domain] of [["vectors", [size]], ["images", shape]] as const) {
  const n = 50, mask = Float32Array.of(0, 1, 1, 1, 1, 1);
  const x = normals(fold(key, "x"), n * size).map((v, k) => mask[k % size] * (4 + (1 + k % size) * v));
  const space = { name: "x", shape: domain };
  const s = fitStandardization({ x, y: x }, { x: space, y: space, mask });

  Deno.test(`standardization of ${name}: to the flow and back is the unknown, at mean square 1`, () => {
    const u = toFlow(s, x);
    fromFlow(s, u).forEach((v, k) => assertAlmostEquals(v, x[k], 1e-4));
    const free = u.filter((_, k) => mask[k % size] === 1);
    assertAlmostEquals(dot(free, free) / free.length, 1, 1e-3);
  });

  Deno.test(`standardization of ${name}: gradients go to the flow by the transpose of the way back`, () => {
    const u = normals(fold(key, "u"), size), g = normals(fold(key, "g"), size);
    const origin = fromFlow(s, new Float32Array(size)), linear = fromFlow(s, u).map((v, i) => v - origin[i]);
    assertAlmostEquals(dot(linear, g), dot(u, gradientToFlow(s, g, u)), 1e-4);
  });
}
