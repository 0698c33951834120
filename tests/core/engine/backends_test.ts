import * as tf from "@tensorflow/tfjs";
import { assertEquals, assertLess, assertThrows } from "@std/assert";
import * as engine from "../../../core/engine/mod.ts";
import { guardMemory } from "../../../core/engine/wasm/register.ts";
import { fold, normals, rootKey } from "../../../core/base/random.ts";
import { sizeOf } from "../../../core/base/shape.ts";
import { adapterAvailable } from "../../available.ts";

type Tensors = engine.Tensor[];

const random = (name: string, shape: number[]) =>
  engine.tensor(normals(fold(rootKey(5), name), sizeOf({ shape })), shape);
const image = (channels: number) => random(`x${channels}`, [2, 5, 7, channels]);
const rates = { rate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, correction2: 0.5 };

/** What the wasm engine computes by its own kernels, at sizes that no tile divides. */
const OPERATIONS: Record<string, () => Tensors> = {
  "convolution": () => {
    const [filter, bias] = [random("f", [3, 3, 3, 6]), random("b", [6])];
    return [false, true].map((relu) => engine.convolve(image(3), { filter, bias, relu }));
  },
  "strided convolution, which is tfjs's own": () => [
    tf.conv2d(image(3) as tf.Tensor4D, random("f", [3, 3, 3, 6]) as tf.Tensor4D, 2, "same"),
  ],
  "dilated convolution, which is tfjs's own": () => [
    tf.conv2d(image(3) as tf.Tensor4D, random("f", [3, 3, 3, 6]) as tf.Tensor4D, 1, "same", "NHWC", 2),
  ],
  "input gradient": () => [
    ...[3, 1].map((inputs) => engine.convInputGradient(image(6), random("f", [3, 3, 3, 6]), inputs)),
    engine.convInputGradient(image(6), random("e", [2, 4, 3, 6])),
  ],
  "filter gradient": () =>
    [1, 2, 5, 8, 9].map((co) => engine.convFilterGradient(image(3), image(co), [3, 3, 3, co])),
  "filter gradient of one pixel": () => [engine.convFilterGradient(image(3), image(5), [1, 1, 3, 5])],
  "ReLU's gradient": () => [engine.reluGradient(image(3), engine.relu(random("y", [2, 5, 7, 3])))],
  "channels and joined channels": () => [
    engine.channels(image(7), 2, 4),
    engine.channels(image(7), 6, 1),
    engine.joinChannels([image(3), image(1), image(6)]),
  ],
  "other slices and concatenations": () => [
    tf.slice(image(3), [1, 1, 0, 1], [1, -1, 3, 2]),
    tf.concat([image(3), image(3)], 1),
  ],
  "sums": () => [
    engine.sum(image(7)),
    engine.sum(image(7), [0, 1, 2]),
    engine.sum(image(7), [3]),
    tf.sum(image(7), [0, 1, 2], true),
    engine.sumPerSample(image(7)),
  ],
  "one step of Adam": () => {
    const inputs = {
      p: image(1),
      g: image(2),
      m: image(3),
      v: engine.square(image(4)),
      factor: engine.scalar(0.3),
    };
    const flat = Object.entries(inputs).map((
      [k, t],
    ) => [k, k === "factor" ? t : tf.slice(t.flatten(), 0, 69)]);
    return Object.values(engine.adamStep(Object.fromEntries(flat), rates));
  },
  "squared norm of several tensors": () => [engine.squaredNorm([image(3), image(1)])],
};

async function results(name: engine.Engine["name"]): Promise<Record<string, Float32Array[]>> {
  await engine.openEngine(name);
  const out: Record<string, Float32Array[]> = {};
  for (const [operation, compute] of Object.entries(OPERATIONS)) {
    out[operation] = await Promise.all(engine.scope(compute).map(engine.read));
  }
  return out;
}

const cpu = await results("cpu"), wasm = await results("wasm");
const webgpu = await adapterAvailable() ? await results("webgpu") : undefined;

for (const operation of Object.keys(OPERATIONS)) {
  Deno.test(`${operation}: the wasm engine agrees with tfjs's cpu backend`, () => {
    for (const [i, expected] of cpu[operation].entries()) {
      assertEquals(wasm[operation][i].length, expected.length);
      wasm[operation][i].forEach((v, j) => assertLess(Math.abs(v - expected[j]), 2e-5));
    }
  });
}

for (const operation of Object.keys(OPERATIONS)) {
  Deno.test({
    name: `${operation}: the webgpu engine agrees with tfjs's cpu backend`,
    ignore: !webgpu,
    fn() {
      for (const [i, expected] of cpu[operation].entries()) {
        assertEquals(webgpu![operation][i].length, expected.length);
        webgpu![operation][i].forEach((v, j) => assertLess(Math.abs(v - expected[j]), 5e-5));
      }
    },
  });
}

Deno.test("a tensor that the wasm heap cannot hold is refused with a sentence", () => {
  const wasm = {
    asm: { memory: new WebAssembly.Memory({ initial: 16 }) },
    _malloc: (n: number) => n < 1e6 ? 8 : 0,
  };
  guardMemory({ wasm });
  assertEquals(wasm._malloc(1000), 8);
  assertThrows(
    () => wasm._malloc(2 ** 21),
    Error,
    "Cannot allocate 2 MiB on the wasm engine: its heap holds 1 MiB",
  );
  assertThrows(() => wasm._malloc(2 ** 32 + 1000), Error, "Cannot allocate 4097 MiB");
});

Deno.test("opening the wasm engine twice leaves its kernels as they are", async () => {
  await engine.openEngine("wasm");
  const before = tf.getKernel("Conv2D", "wasm").kernelFunc;
  await engine.openEngine("wasm");
  assertEquals(tf.getKernel("Conv2D", "wasm").kernelFunc, before);
});
