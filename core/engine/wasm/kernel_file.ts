/** The committed build of the kernels; `relaxed` uses relaxed SIMD's fused multiply-add. */
export function kernelFile(relaxed: boolean): URL {
  return new URL(relaxed ? "./kernels_relaxed.wasm" : "./kernels.wasm", import.meta.url);
}
