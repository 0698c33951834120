import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { makeBatch } from "../../../core/inference/batches.ts";
import { fitStandardization, fromFlow, gradientToFlow, toFlow } from "../../../core/inference/standardize.ts";
import { dot } from "../../../core/linalg/mod.ts";
import { fold, normals, rootKey } from "../../../core/base/random.ts";
import { unitStandardization } from "./toys.ts";
import { image, moments as momentsOf, vector } from "../../spaces.ts";

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

for (const [name, space] of [["vectors", vector(size)], ["images", image(shape)]] as const) {
  const n = 50, mask = Float32Array.of(0, 1, 1, 1, 1, 1);
  const x = normals(fold(key, "x"), n * size).map((v, k) => mask[k % size] * (4 + (1 + k % size) * v));
  const s = fitStandardization({ x, y: x }, { x: space, y: space, mask });

  Deno.test(`standardization of ${name}: to the flow and back is the unknown, at mean square 1`, () => {
    const u = toFlow(s, x, x);
    fromFlow(s, u, x).forEach((v, k) => assertAlmostEquals(v, x[k], 1e-4));
    const free = u.filter((_, k) => mask[k % size] === 1);
    assertAlmostEquals(dot(free, free) / free.length, 1, 1e-3);
  });

  Deno.test(`standardization of ${name}: gradients go to the flow by the transpose of the way back`, () => {
    const u = normals(fold(key, "u"), size), g = normals(fold(key, "g"), size);
    const y = x.subarray(0, size), origin = fromFlow(s, new Float32Array(size), y);
    const linear = fromFlow(s, u, y).map((v, i) => v - origin[i]);
    assertAlmostEquals(dot(linear, g), dot(u, gradientToFlow(s, g, { u, y })), 1e-4);
  });
}

const moments = (() => {
  const n = 60, mask = Float32Array.of(0, 1, 1, 1, 1, 1), y = new Float32Array(2 * n * size);
  const m = normals(fold(key, "mean"), n * size), e = normals(fold(key, "residual"), n * size);
  const std = normals(fold(key, "std"), n * size).map((v, k) => mask[k % size] * Math.exp(v / 2));
  const x = m.map((v, k) => mask[k % size] * (v + 0.5 * std[k] * e[k]));
  for (let i = 0; i < n; i++) {
    y.set(m.subarray(i * size, (i + 1) * size).map((v, k) => mask[k] * v), 2 * i * size);
    y.set(std.subarray(i * size, (i + 1) * size), (2 * i + 1) * size);
  }
  const spaces = { x: image(shape), y: momentsOf(shape), mask };
  return { n, x, y, mask, e, standardization: fitStandardization({ x, y }, spaces) };
})();

Deno.test("where a summary gives moments the flow sees residuals from them, at mean square 1", () => {
  const { x, y, mask, e, standardization: s } = moments, u = toFlow(s, x, y);
  const free = (v: Float32Array) => v.filter((_, k) => mask[k % size] === 1);
  assertAlmostEquals(dot(free(u), free(u)) / free(u).length, 1, 1e-3);
  const scale = Math.sqrt(dot(free(e), free(e)) / free(e).length);
  free(u).forEach((v, k) => assertAlmostEquals(v, free(e)[k] / scale, 1e-3));
  fromFlow(s, u, y).forEach((v, k) => assertAlmostEquals(v, x[k], 1e-4));
  assert(u.every((v, k) => mask[k % size] === 1 || v === 0));
});

Deno.test("twice the deviation of a summary is twice the spread of its samples, about the same mean", () => {
  const { y, standardization: s } = moments, own = y.slice(0, 2 * size), u = normals(fold(key, "u"), size);
  const wide = own.map((v, k) => k < size ? v : 2 * v);
  const [x, wider] = [own, wide].map((summary) => fromFlow(s, u, summary));
  x.forEach((v, k) => assertAlmostEquals(wider[k] - own[k], 2 * (v - own[k]), 1e-4));
  const g = normals(fold(key, "g"), size), linear = x.map((v, k) => v - own[k]);
  assertAlmostEquals(dot(linear, g), dot(u, gradientToFlow(s, g, { u, y: own })), 1e-4);
});

Deno.test("a flip of polarity negates the mean of a summary and leaves its deviation", () => {
  const { n, x, y, standardization } = moments,
    pairs = { n, x, signal: y, noise: new Float32Array(y.length) };
  const batch = (flips: ("lateral" | "polarity")[]) =>
    makeBatch(pairs, indices(n), { standardization, settings: { flips, jitter: 0 }, key });
  const plain = batch([]), flipped = batch(["polarity"]);
  let negated = 0;
  for (let i = 0; i < n; i++) {
    const ratio = flipped.context[2 * (i * size + 1)] / plain.context[2 * (i * size + 1)];
    assertAlmostEquals(Math.abs(ratio), 1, 1e-5);
    assertAlmostEquals(flipped.x[i * size + 1] / plain.x[i * size + 1], ratio, 1e-3);
    if (ratio < 0) negated++;
  }
  assertGreater(negated, n / 5);
  assertLess(negated, 4 * n / 5);
});
