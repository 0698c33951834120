import * as tf from "@tensorflow/tfjs";

/** The build that this machine's WebAssembly can run: a module that uses the relaxed SIMD instruction is valid or not. */
async function kernelModule(): Promise<WebAssembly.Module> {
  const [relaxed, plain] = ["./kernels_relaxed.wasm", "./kernels.wasm"].map((name) => new URL(name, import.meta.url));
  const bytes = await Deno.readFile(relaxed);
  return await WebAssembly.compile(WebAssembly.validate(bytes) ? bytes : await Deno.readFile(plain));
}

interface Kernels {
  filterGradient(...args: number[]): void;
  flipFilter(...args: number[]): void;
  copyColumns(...args: number[]): void;
  sumAll(x: number, count: number): number;
  sumRows(...args: number[]): void;
  reluMask(...args: number[]): void;
}

/** The parts of tfjs's wasm backend that its own kernels use. */
interface WasmBackend {
  readonly wasm: { asm: { memory: WebAssembly.Memory } };
  readonly dataIdMap: { get(id: unknown): { memoryOffset: number } };
  makeOutput(shape: number[], dtype: "float32"): tf.TensorInfo;
  typedArrayFromHeap(t: tf.TensorInfo): Float32Array;
  disposeData(id: unknown): void;
}

interface KernelCall {
  inputs: Record<string, tf.TensorInfo>;
  // deno-lint-ignore no-explicit-any
  attrs: any;
  backend: WasmBackend;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Registers the kernels that training needs and tfjs's wasm backend lacks or does slowly. */
export async function registerWasmKernels(): Promise<void> {
  const backend = tf.backend() as unknown as WasmBackend;
  const abort = () => {
    throw new Error("A wasm kernel aborted.");
  };
  const instance = await WebAssembly.instantiate(await kernelModule(), {
    env: { memory: backend.wasm.asm.memory, abort },
  });
  const k = instance.exports as unknown as Kernels;
  replace("Conv2DBackpropFilter", (call) => filterGradient(k, call));
  replace("Conv2DBackpropInput", (call) => inputGradient(k, call));
  replace("ReluMask", ({ inputs: { dy, y }, backend }) => {
    const out = backend.makeOutput(y.shape, "float32");
    k.reluMask(at(backend, dy), at(backend, y), at(backend, out), sizeOf(y.shape));
    return out;
  });
  replace("Concat", (call, original) => concat(k, call) ?? original(call));
  replace("Slice", (call, original) => slice(k, call) ?? original(call));
  replace("Sum", (call, original) => sum(k, call) ?? original(call));
}

type Run = (call: KernelCall) => tf.TensorInfo;

function replace(kernelName: string, run: (call: KernelCall, original: Run) => tf.TensorInfo): void {
  const existing = tf.getKernel(kernelName, "wasm");
  if (existing) tf.unregisterKernel(kernelName, "wasm");
  const original = existing?.kernelFunc as unknown as Run;
  const kernelFunc = ((call: KernelCall) => run(call, original)) as unknown as tf.KernelFunc;
  tf.registerKernel({ kernelName, backendName: "wasm", kernelFunc });
}

/** Byte address of a tensor. Read after every allocation, since the heap may have moved. */
function at(backend: WasmBackend, t: tf.TensorInfo): number {
  return backend.dataIdMap.get(t.dataId).memoryOffset;
}

function convInfo(inputShape: number[], filterShape: number[], { strides, pad }: KernelCall["attrs"]) {
  const info = tf.backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    1,
    pad,
  );
  if (info.strideHeight !== 1 || info.strideWidth !== 1) {
    throw new Error("The wasm engine's convolution gradients are for stride 1 only.");
  }
  return info;
}

function filterGradient(k: Kernels, { inputs: { x, dy }, attrs, backend }: KernelCall): tf.TensorInfo {
  const info = convInfo(x.shape, attrs.filterShape, attrs);
  const out = backend.makeOutput(info.filterShape, "float32");
  const { batchSize, inHeight, inWidth, inChannels, outChannels, filterHeight, filterWidth, padInfo } = info;
  const [source, gradient, target] = [x, dy, out].map((t) => at(backend, t));
  k.filterGradient(source, gradient, target, batchSize, inHeight, inWidth, inChannels, outChannels,
    filterHeight, filterWidth, padInfo.top, padInfo.left);
  return out;
}

/** The input gradient is a convolution of dy with the flipped filter: tfjs's own fast convolution does it. */
function inputGradient(k: Kernels, { inputs: { dy, filter }, attrs, backend }: KernelCall): tf.TensorInfo {
  convInfo(attrs.inputShape, filter.shape, attrs);
  const [kh, kw, ci, co] = filter.shape;
  const flipped = backend.makeOutput([kh, kw, co, ci], "float32");
  k.flipFilter(at(backend, filter), at(backend, flipped), kh * kw, ci, co);
  const convolution = tf.getKernel("Conv2D", "wasm").kernelFunc as unknown as Run;
  const out = convolution({
    inputs: { x: dy, filter: flipped },
    backend,
    attrs: { strides: 1, pad: "same", dataFormat: "NHWC", dilations: 1 },
  });
  backend.disposeData(flipped.dataId);
  return out;
}

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
    k.copyColumns(at(backend, part), at(backend, out), sizeOf(leading), count, 0, width, to, count);
    to += count;
  }
  return out;
}

function slice(k: Kernels, { inputs: { x }, attrs, backend }: KernelCall): tf.TensorInfo | undefined {
  const rank = x.shape.length, begin: number[] = attrs.begin, size: number[] = attrs.size;
  const whole = x.shape.slice(0, -1).every((n, i) => begin[i] === 0 && (size[i] === -1 || size[i] === n));
  if (rank < 2 || x.dtype !== "float32" || !whole) return undefined;
  const width = x.shape[rank - 1], leading = x.shape.slice(0, -1);
  const count = size[rank - 1] === -1 ? width - begin[rank - 1] : size[rank - 1];
  const out = backend.makeOutput([...leading, count], "float32");
  k.copyColumns(at(backend, x), at(backend, out), sizeOf(leading), width, begin[rank - 1], count, 0, count);
  return out;
}

function sum(k: Kernels, { inputs: { x }, attrs, backend }: KernelCall): tf.TensorInfo | undefined {
  const rank = x.shape.length;
  if (x.dtype !== "float32" || attrs.keepDims) return undefined;
  const given: number[] = attrs.axis === null || attrs.axis === undefined ? x.shape.map((_, i) => i) : [attrs.axis].flat();
  const axes = given.map((a) => a < 0 ? a + rank : a).sort((a, b) => a - b);
  if (axes.length === rank) {
    const out = backend.makeOutput([], "float32");
    const total = k.sumAll(at(backend, x), sizeOf(x.shape));
    backend.typedArrayFromHeap(out)[0] = total;
    return out;
  }
  if (axes.length !== rank - 1 || axes.some((a, i) => a !== i)) return undefined;
  const columns = x.shape[rank - 1];
  const out = backend.makeOutput([columns], "float32");
  k.sumRows(at(backend, x), at(backend, out), sizeOf(x.shape) / columns, columns);
  return out;
}
