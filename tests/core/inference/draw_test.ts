import { assert, assertEquals, assertLess } from "@std/assert";
import { openEngine, scope, tensor, tensorCount } from "../../../core/engine/mod.ts";
import { type AmortizedPosterior, drawPosterior, posteriorMoments } from "../../../core/inference/draw.ts";
import { meanAndStd } from "../../../core/inference/evaluate.ts";
import { addSamples, meanAndStdOf, noMoments } from "../../../core/inference/moments.ts";
import { flowShapes } from "../../../core/inference/standardize.ts";
import { fold, normals, rootKey } from "../../../core/base/random.ts";
import { couplingFlow } from "../../../flows/networks/coupling.ts";
import { unitStandardization } from "./toys.ts";

const key = rootKey(71), size = 4, summary = normals(fold(key, "summary"), 3);

/** An untrained flow of random weights, with the most bytes of tensors that its inverse has met. */
function randomPosterior() {
  const standardization = unitStandardization({ x: [size], y: [3] });
  const flow = couplingFlow({ depth: 2, hidden: 8, shapes: flowShapes(standardization) });
  const start = scope(() =>
    flow.init(fold(key, "init"), {
      x: tensor(normals(fold(key, "x"), 32 * size), [32, size]),
      context: tensor(normals(fold(key, "y"), 32 * 3), [32, 3]),
    })
  );
  const params = Object.fromEntries(
    Object.entries(start).map(([name, p]) => [name, tensor(normals(fold(key, name), p.size), p.shape)]),
  );
  let peak = 0;
  const posterior: AmortizedPosterior = {
    params,
    standardization,
    flow: {
      ...flow,
      inverse(...inputs) {
        const x = flow.inverse(...inputs);
        peak = Math.max(peak, tensorCount().bytes);
        return x;
      },
    },
  };
  return { posterior, peak: () => peak };
}

/** Plain two-pass moments in f64. */
function oracle(samples: Float32Array): { mean: number[]; std: number[] } {
  const n = samples.length / size, cells = Array.from({ length: size }, (_, i) => i);
  const column = (i: number) => Array.from({ length: n }, (_, k) => samples[k * size + i]);
  const mean = cells.map((i) => column(i).reduce((a, b) => a + b, 0) / n);
  const std = cells.map((i) =>
    Math.sqrt(column(i).reduce((sum, v) => sum + (v - mean[i]) ** 2, 0) / (n - 1))
  );
  return { mean, std };
}

function assertClose(found: Float32Array, expected: readonly number[], tolerance: number): void {
  found.forEach((v, i) => assertLess(Math.abs(v / expected[i] - 1), tolerance, `${v} for ${expected[i]}`));
}

Deno.test("streamed moments are the moments of the samples that are drawn with the same key", async () => {
  await openEngine("wasm");
  const { posterior } = randomPosterior(), options = { key, n: 100, batch: 7 };
  const samples = await drawPosterior(posterior, summary, options), expected = oracle(samples);
  for (const found of [await posteriorMoments(posterior, summary, options), meanAndStd(samples, size)]) {
    assertClose(found.mean, expected.mean, 1.2e-7);
    assertClose(found.std, expected.std, 1.2e-7);
  }
});

Deno.test("the batch changes no draw by more than rounding", async () => {
  await openEngine("wasm");
  const { posterior } = randomPosterior();
  const [whole, parts] = [
    await drawPosterior(posterior, summary, { key, n: 40, batch: 40 }),
    await drawPosterior(posterior, summary, { key, n: 40, batch: 9 }),
  ];
  whole.forEach((v, i) => assertLess(Math.abs(v - parts[i]), 1e-5 * Math.max(1, Math.abs(v))));
});

Deno.test("the tensors held while moments are streamed do not grow with the number of samples", async () => {
  await openEngine("wasm");
  const peaks = [];
  for (const n of [32, 512]) {
    const { posterior, peak } = randomPosterior(), before = tensorCount();
    await posteriorMoments(posterior, summary, { key, n, batch: 16 });
    assertEquals(tensorCount(), before);
    assert(peak() > before.bytes, "the inverse was not met");
    peaks.push(peak() - before.bytes);
  }
  assertEquals(peaks[1], peaks[0]);
});

Deno.test("the spread of samples far from 0 is not lost", () => {
  const samples = normals(key, 1000 * size).map((v) => 4096 + v);
  let moments = noMoments(size);
  for (let at = 0; at < samples.length; at += 50 * size) {
    moments = addSamples(moments, samples.subarray(at, at + 50 * size));
  }
  assertClose(meanAndStdOf(moments).std, oracle(samples).std, 1e-7);
});
