import type { Kernels } from "./backend.ts";
import { kernelFile } from "./kernel_file.ts";

/** The build that this machine can run: a module with an unknown instruction does not validate. */
export function kernelModule(): WebAssembly.Module {
  const relaxed = Deno.readFileSync(kernelFile(true));
  return new WebAssembly.Module(
    WebAssembly.validate(relaxed) ? relaxed : Deno.readFileSync(kernelFile(false)),
  );
}

/** Compiled kernels on a heap. */
export function loadKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const abort = () => {
    throw new Error("A wasm kernel aborted.");
  };
  return new WebAssembly.Instance(module, { env: { memory, abort } }).exports as unknown as Kernels;
}
