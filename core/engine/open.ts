import * as tf from "@tensorflow/tfjs";
import { fileURLToPath } from "node:url";
import { requestAdapter } from "./adapter.ts";
import { registerWasmKernels } from "./wasm/register.ts";
import { registerWebGpuKernels } from "./webgpu/filter_gradient.ts";

export type EngineName = "auto" | "webgpu" | "wasm" | "cpu";

/** The tensor backend a run computes on, and why that one. */
export interface Engine {
  readonly name: Exclude<EngineName, "auto">;
  readonly reason: string;
  readonly adapter?: string;
}

interface Adapter {
  readonly description: string;
  /** Software rendering: right, but slower than WASM. */
  readonly fallback: boolean;
}

/** What `auto` takes: WebGPU on a real adapter, else WASM. */
export function chooseEngine(
  wanted: EngineName,
  adapter: Adapter | undefined,
): { name: Engine["name"]; reason: string } {
  if (wanted !== "auto") return { name: wanted, reason: "as asked" };
  if (!adapter) return { name: "wasm", reason: "no WebGPU adapter" };
  if (adapter.fallback) {
    return { name: "wasm", reason: `the WebGPU adapter is software: ${adapter.description}` };
  }
  return { name: "webgpu", reason: adapter.description };
}

/** The tensor backend that `wanted` means here. `auto` prefers a real GPU; a name that cannot be had is an error. */
export async function findEngine(wanted: EngineName): Promise<Engine> {
  const adapter = wanted === "auto" || wanted === "webgpu" ? await findAdapter() : undefined;
  const { name, reason } = chooseEngine(wanted, adapter);
  if (name === "webgpu" && !adapter) {
    throw new Error(
      "Cannot open the webgpu engine: this machine offers no WebGPU adapter. Use --engine wasm.",
    );
  }
  return { name, reason, adapter: adapter?.description };
}

/** Finds the tensor backend and opens it. */
export async function openEngine(wanted: EngineName): Promise<Engine> {
  const engine = await findEngine(wanted), { name } = engine;
  tf.enableProdMode();
  if (name === "wasm") await openWasm();
  else if (name === "webgpu") await openWebGpu();
  else await setBackend("cpu");
  return engine;
}

async function setBackend(name: string): Promise<void> {
  if (!await tf.setBackend(name)) throw new Error(`Cannot open the ${name} engine: tfjs could not start it.`);
  await tf.ready();
}

async function openWasm(): Promise<void> {
  const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  setWasmPaths(fileURLToPath(new URL("./", import.meta.resolve("@tensorflow/tfjs-backend-wasm"))));
  await setBackend("wasm");
  registerWasmKernels();
}

async function openWebGpu(): Promise<void> {
  await import("@tensorflow/tfjs-backend-webgpu");
  // Without this, operations on few elements run on the CPU and stall the queue.
  tf.env().set("WEBGPU_CPU_FORWARD", false);
  await setBackend("webgpu");
  registerWebGpuKernels();
  guardBindings(tf.backend() as unknown as WebGpuBackend);
}

/** The parts of tfjs's WebGPU backend that the guard needs. */
interface WebGpuBackend {
  readonly device: GPUDevice;
  readonly bufferManager: { acquireBuffer(size: number, ...rest: unknown[]): GPUBuffer };
}

/** Beyond the device's limit tfjs computes zeros without a word. */
function guardBindings({ device, bufferManager }: WebGpuBackend): void {
  const acquire = bufferManager.acquireBuffer.bind(bufferManager);
  const limit = device.limits.maxStorageBufferBindingSize;
  bufferManager.acquireBuffer = (size, ...rest) => {
    if (size <= limit) return acquire(size, ...rest);
    throw new Error(
      `Cannot hold a tensor of ${size} bytes on the webgpu engine: this device binds at most ${limit}. ` +
        "Use a smaller batch.",
    );
  };
}

async function findAdapter(): Promise<Adapter | undefined> {
  const adapter = await requestAdapter();
  if (!adapter) return undefined;
  const { info } = adapter;
  const description = info.description || info.device || info.vendor || "unnamed adapter";
  const software = /llvmpipe|lavapipe|swiftshader|software/i.test(description);
  return { description, fallback: info.isFallbackAdapter || software };
}
