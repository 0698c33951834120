/** The one place that names tfjs: which backend computes, and the tensor functions that the project uses. */
export * from "./adam.ts";
export * from "./convolution.ts";
export { requestAdapter } from "./adapter.ts";
export * from "./device.ts";
export * from "./flat.ts";
export * from "./open.ts";
export * from "./tensors.ts";
export { type DenseLayer, type HeapArray, openDense } from "./wasm/dense_layers.ts";
