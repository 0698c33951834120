/** Builds the committed kernels from assembly/*.ts: `deno run -A core/engine/wasm/build.ts`. */
import asc from "assemblyscript/asc";
import { kernelFile } from "./kernel_file.ts";

const ENTRIES = ["convolution.ts", "filter_gradient.ts", "rows.ts"];

/** Compiles the kernels. */
export async function buildKernels(relaxed: boolean): Promise<Uint8Array> {
  const sources = new Map<string, string>();
  for (const name of [...ENTRIES, "common.ts", "tiles.ts"]) {
    sources.set(name, await Deno.readTextFile(new URL(`./assembly/${name}`, import.meta.url)));
  }
  let binary: Uint8Array | undefined;
  const features = ["--enable", "simd", ...(relaxed ? ["--enable", "relaxed-simd"] : [])];
  const options = [
    "-O3",
    "--runtime",
    "stub",
    "--importMemory",
    "--use",
    `RELAXED=${relaxed ? 1 : 0}`,
    ...features,
  ];
  const { error, stderr } = await asc.main([...ENTRIES, "--outFile", "kernels.wasm", ...options], {
    readFile: (name) => sources.get(name) ?? null,
    writeFile: (_, contents) => void (binary = contents as Uint8Array),
    listFiles: () => [],
  });
  if (error || !binary) throw new Error(`Cannot build the kernels: ${error?.message}\n${stderr}`);
  return binary;
}

if (import.meta.main) {
  for (const relaxed of [false, true]) await Deno.writeFile(kernelFile(relaxed), await buildKernels(relaxed));
}
