import * as tf from "@tensorflow/tfjs";

/** The parts of tfjs's wasm backend that its own kernels use. */
export interface WasmBackend {
  readonly wasm: { readonly asm: { memory: WebAssembly.Memory }; _malloc(bytes: number): number };
  readonly dataIdMap: { get(id: unknown): { memoryOffset: number } };
  makeOutput(shape: readonly number[], dtype: "float32"): tf.TensorInfo;
  typedArrayFromHeap(t: tf.TensorInfo): Float32Array;
  disposeData(id: unknown): void;
}

/** What tfjs hands a kernel. */
export interface KernelCall {
  readonly inputs: Record<string, tf.TensorInfo>;
  readonly attrs: any;
  readonly backend: WasmBackend;
}

/** The exports of kernels.ts: numbers in, results on the heap. */
export interface Kernels {
  packWeights(...args: number[]): void;
  convolve(...args: number[]): void;
  filterGradient(...args: number[]): void;
  copyColumns(...args: number[]): void;
  sumAll(x: number, count: number): number;
  sumSquares(x: number, count: number): number;
  sumRows(...args: number[]): void;
  reluMask(...args: number[]): void;
  adamStep(...args: number[]): void;
}

type Output = tf.TensorInfo | tf.TensorInfo[];

/** Puts a kernel in place of tfjs's own, which it may fall back on by returning undefined. */
export function replaceKernel(kernelName: string, run: (call: KernelCall) => Output | undefined): void {
  const existing = tf.getKernel(kernelName, "wasm");
  if (existing) tf.unregisterKernel(kernelName, "wasm");
  const original = existing?.kernelFunc as unknown as (call: KernelCall) => Output;
  const kernelFunc = ((call: KernelCall) => run(call) ?? original(call)) as unknown as tf.KernelFunc;
  tf.registerKernel({ kernelName, backendName: "wasm", kernelFunc });
}

/** Byte address of a tensor. */
export function addressOf(backend: WasmBackend, t: tf.TensorInfo): number {
  return backend.dataIdMap.get(t.dataId).memoryOffset;
}

/** Calls `work` with a block of heap of the given number of f32, and frees it after the call. */
export function withScratch<T>(backend: WasmBackend, size: number, work: (address: number) => T): T {
  const scratch = backend.makeOutput([size], "float32");
  try {
    return work(addressOf(backend, scratch));
  } finally {
    backend.disposeData(scratch.dataId);
  }
}
