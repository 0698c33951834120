/**
 * Builds the WebAssembly kernels, one file per space order and one for all: `deno run -A
 * physics/propagator/wasm/build.ts`.
 */
import asc from "assemblyscript/asc";
import { ORDERS } from "../../stencil.ts";
import { CONVOLUTION_FILE } from "./green_convolution.ts";
import { kernelFile } from "./kernels.ts";
import { CONVOLUTION_SOURCE, kernelSource } from "./kernel_source.ts";

/** Committed files, with the source that each is compiled from. */
export const BUILDS: readonly (readonly [file: URL, source: string])[] = [
  ...ORDERS.map((order) => [kernelFile(order), kernelSource(order / 2)] as const),
  [CONVOLUTION_FILE, CONVOLUTION_SOURCE],
];

/** Compiles AssemblyScript. */
export async function compiled(source: string): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const options = ["-O3", "--noAssert", "--runtime", "stub", "--importMemory", "--enable", "simd"];
  const { error, stderr } = await asc.main(["kernels.ts", "--outFile", "kernels.wasm", ...options], {
    readFile: (name) => name === "kernels.ts" ? source : null,
    writeFile: (_, contents) => void (binary = contents as Uint8Array),
    listFiles: () => [],
  });
  if (error || !binary) throw new Error(`Cannot build the kernels:\n${stderr}`);
  return binary;
}

if (import.meta.main) {
  for (const [file, source] of BUILDS) await Deno.writeFile(file, await compiled(source));
}
