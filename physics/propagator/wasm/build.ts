/** Builds the WebAssembly kernels, one file per space order: `deno run -A physics/propagator/wasm/build.ts`. */
import asc from "assemblyscript/asc";
import { type Order, ORDERS } from "../../stencil.ts";
import { kernelFile } from "./kernels.ts";
import { kernelSource } from "./source.ts";

/** Compiles the kernels of a space order. */
export async function buildKernels(order: Order): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const options = ["-O3", "--noAssert", "--runtime", "stub", "--importMemory", "--enable", "simd"];
  const { error, stderr } = await asc.main(["kernels.ts", "--outFile", "kernels.wasm", ...options], {
    readFile: (name) => name === "kernels.ts" ? kernelSource(order / 2) : null,
    writeFile: (_, contents) => void (binary = contents as Uint8Array),
    listFiles: () => [],
  });
  if (error || !binary) throw new Error(`Cannot build the kernels of order ${order}:\n${stderr}`);
  return binary;
}

if (import.meta.main) {
  for (const order of ORDERS) await Deno.writeFile(kernelFile(order), await buildKernels(order));
}
