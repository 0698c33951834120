/** Builds the committed kernels from kernels.ts: `deno run -A core/engine/wasm/build.ts`. */
import asc from "assemblyscript/asc";

const SOURCE = new URL("./kernels.ts", import.meta.url);

/** Compiles the kernels; `relaxed` uses relaxed SIMD. */
export async function buildKernels(relaxed: boolean): Promise<Uint8Array> {
  const files = new Map([["kernels.ts", await Deno.readTextFile(SOURCE)]]);
  let binary: Uint8Array | undefined;
  const features = ["--enable", "simd", ...(relaxed ? ["--enable", "relaxed-simd"] : [])];
  const { error, stderr } = await asc.main(
    ["kernels.ts", "-o", "out.wasm", "-O3", "--runtime", "stub", "--importMemory", "--noExportMemory",
      "--use", `RELAXED=${relaxed ? 1 : 0}`, ...features],
    {
      readFile: (name: string) => files.get(name) ?? null,
      writeFile: (_name: string, content: Uint8Array) => void (binary = content),
      listFiles: () => [],
    },
  );
  if (error || !binary) throw new Error(`Cannot build the kernels: ${error?.message}\n${stderr}`);
  return binary;
}

if (import.meta.main) {
  for (const relaxed of [false, true]) {
    const path = new URL(relaxed ? "./kernels_relaxed.wasm" : "./kernels.wasm", import.meta.url);
    await Deno.writeFile(path, await buildKernels(relaxed));
  }
}
