// AssemblyScript on the heap of tfjs's wasm backend; pointers are byte addresses, tensors f32 and channels last.

/** `a * b + c`. RELAXED is 1 in the build with relaxed SIMD: fused where the machine can. */
export function madd(a: v128, b: v128, c: v128): v128 {
  if (RELAXED) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Copies one sample [h, w, c] to the middle of `out` [h + kh - 1, w + kw - 1, c], zeros around it. */
export function padSample(
  x: usize,
  out: usize,
  h: i32,
  w: i32,
  c: i32,
  kh: i32,
  kw: i32,
  top: i32,
  left: i32,
): void {
  const row: usize = <usize> (w * c) << 2, padded: usize = <usize> ((w + kw - 1) * c) << 2;
  memory.fill(out, 0, <usize> (h + kh - 1) * padded);
  let target: usize = out + <usize> top * padded + (<usize> (left * c) << 2);
  for (let y = 0; y < h; y++) {
    memory.copy(target, x, row);
    x += row;
    target += padded;
  }
}
