import * as tf from "@tensorflow/tfjs";
import { addressOf, type KernelCall, type Kernels, replaceKernel, type WasmBackend } from "./backend.ts";
import { registerConvolutions } from "./convolution.ts";
import { kernelModule, loadKernels } from "./load.ts";
import { sizeOf } from "../../base/shape.ts";

/** Registers the kernels that training needs and tfjs's wasm backend lacks or does slowly. */
export function registerWasmKernels(): void {
  const backend = tf.backend() as unknown as WasmBackend;
  if (tf.getKernel("AdamStep", "wasm")) return;
  guardMemory(backend);
  const k = loadKernels(kernelModule(), backend.wasm.asm.memory);
  registerConvolutions(k);
  replaceKernel("ReluMask", ({ inputs: { dy, y }, backend }) => {
    const out = backend.makeOutput(y.shape, "float32");
    k.reluMask(addressOf(backend, dy), addressOf(backend, y), addressOf(backend, out), sizeOf(y));
    return out;
  });
  replaceKernel("AdamStep", (call) => adamStep(k, call));
  replaceKernel("SquaredNorm", (call) => squaredNorm(k, call));
  replaceKernel("Concat", (call) => concat(k, call));
  replaceKernel("Slice", (call) => slice(k, call));
  replaceKernel("Sum", (call) => sum(k, call));
}

/** tfjs does not look at malloc's answer: without this, a full heap (4 GiB at most) gives silent nonsense. */
export function guardMemory({ wasm }: Pick<WasmBackend, "wasm">): void {
  const malloc = wasm._malloc;
  wasm._malloc = (bytes) => {
    const address = bytes < 2 ** 32 ? malloc(bytes) : 0;
    if (address > 0 || bytes === 0) return address;
    const mib = (n: number) => `${Math.ceil(n / 2 ** 20)} MiB`;
    throw new Error(
      `Cannot allocate ${mib(bytes)} on the wasm engine: its heap holds ${
        mib(wasm.asm.memory.buffer.byteLength)
      } ` +
        "of at most 4096 MiB. Use a smaller batch or smaller images.",
    );
  };
}

/** Outputs p', m', v'; see kernels.ts. */
function adamStep(
  k: Kernels,
  { inputs: { p, g, m, v, factor }, attrs, backend }: KernelCall,
): tf.TensorInfo[] {
  const outputs = [p, m, v].map(() => backend.makeOutput(p.shape, "float32"));
  const addresses = [p, g, m, v, ...outputs].map((t) => addressOf(backend, t));
  const { rate, beta1, beta2, epsilon, correction2 } = attrs;
  k.adamStep(
    ...addresses,
    sizeOf(p),
    addressOf(backend, factor),
    rate,
    beta1,
    beta2,
    epsilon,
    correction2,
  );
  return outputs;
}

/** The sum of the squares of all elements of all inputs. */
function squaredNorm(k: Kernels, { inputs, backend }: KernelCall): tf.TensorInfo {
  const out = backend.makeOutput([], "float32");
  const parts = Object.values(inputs).map((t) => k.sumSquares(addressOf(backend, t), sizeOf(t)));
  backend.typedArrayFromHeap(out)[0] = parts.reduce((a, b) => a + b, 0);
  return out;
}

/** Concatenation along the last axis. */
function concat(k: Kernels, { inputs, attrs, backend }: KernelCall): tf.TensorInfo | undefined {
  const parts = Object.values(inputs), rank = parts[0].shape.length;
  const axis = attrs.axis < 0 ? attrs.axis + rank : attrs.axis;
  if (axis !== rank - 1 || rank < 2 || parts.some((p) => p.dtype !== "float32")) return undefined;
  const leading = parts[0].shape.slice(0, -1);
  const width = parts.reduce((total, p) => total + p.shape[rank - 1], 0);
  const out = backend.makeOutput([...leading, width], "float32");
  let to = 0;
  for (const part of parts) {
    const count = part.shape[rank - 1];
    const [source, target] = [addressOf(backend, part), addressOf(backend, out)];
    k.copyColumns(source, target, sizeOf({ shape: leading }), count, 0, width, to, count);
    to += count;
  }
  return out;
}

/** A slice along the last axis. */
function slice(k: Kernels, { inputs: { x }, attrs, backend }: KernelCall): tf.TensorInfo | undefined {
  const rank = x.shape.length, begin: number[] = attrs.begin, size: number[] = attrs.size;
  const whole = x.shape.slice(0, -1).every((n, i) => begin[i] === 0 && (size[i] === -1 || size[i] === n));
  if (rank < 2 || x.dtype !== "float32" || !whole) return undefined;
  const width = x.shape[rank - 1], leading = x.shape.slice(0, -1), from = begin[rank - 1];
  const count = size[rank - 1] === -1 ? width - from : size[rank - 1];
  const out = backend.makeOutput([...leading, count], "float32");
  const [source, target] = [addressOf(backend, x), addressOf(backend, out)];
  k.copyColumns(source, target, sizeOf({ shape: leading }), width, from, count, 0, count);
  return out;
}

/** The sum of everything, or over all axes but the last. */
function sum(k: Kernels, { inputs: { x }, attrs, backend }: KernelCall): tf.TensorInfo | undefined {
  const rank = x.shape.length;
  if (x.dtype !== "float32" || attrs.keepDims) return undefined;
  const given: number[] = [attrs.axis ?? x.shape.map((_, i) => i)].flat();
  const axes = given.map((a) => a < 0 ? a + rank : a).sort((a, b) => a - b);
  if (axes.length === rank) {
    const out = backend.makeOutput([], "float32");
    const total = k.sumAll(addressOf(backend, x), sizeOf(x));
    backend.typedArrayFromHeap(out)[0] = total;
    return out;
  }
  if (axes.length !== rank - 1 || axes.some((a, i) => a !== i)) return undefined;
  const columns = x.shape[rank - 1];
  const out = backend.makeOutput([columns], "float32");
  k.sumRows(addressOf(backend, x), addressOf(backend, out), sizeOf(x) / columns, columns);
  return out;
}
