// AssemblyScript on the heap of tfjs's wasm backend; pointers are byte addresses, tensors f32 and channels last.
import { madd, padSample } from "./common";

/** Pixels whose products stay in registers before they are added to memory, so that their data stay in cache. */
const CHUNK = 64;

/**
 * Filter gradient of a stride-1 convolution; `co` must be a multiple of 4 (pad dy's columns):
 * dw[kh, kw, ci, co] = sum_{n, y, x} input[n, y + kh - top, x + kw - left, ci] * dy[n, y, x, co].
 */
export function filterGradient(
  input: usize,
  dy: usize,
  dw: usize,
  scratch: usize,
  n: i32,
  h: i32,
  w: i32,
  ci: i32,
  co: i32,
  kh: i32,
  kw: i32,
  top: i32,
  left: i32,
): void {
  const pointwise = kh == 1 && kw == 1, k = kw * ci;
  const step: usize = <usize> ci << 2,
    rowStep: usize = <usize> ((w + kw - 1) * ci) << 2,
    dyStep: usize = <usize> co << 2;
  memory.fill(dw, 0, <usize> (kh * k) * dyStep);
  for (let b = 0; b < n; b++) {
    let row = pointwise ? input : scratch;
    if (!pointwise) padSample(input, scratch, h, w, ci, kh, kw, top, left);
    for (let y = 0; y < h; y++) {
      for (let at = 0; at < w; at += CHUNK) {
        const count = min(CHUNK, w - at), x: usize = row + <usize> at * step;
        for (let p = 0; p < kh; p++) {
          product(x + <usize> p * rowStep, step, dy, dyStep, dw + <usize> (p * k) * dyStep, k, co, count);
        }
        dy += <usize> count * dyStep;
      }
      row += rowStep;
    }
    input += <usize> (h * w) * step;
  }
}

/** dw[r, o] += sum_i x[i * step + r] * dy[i * co + o] over `count` pixels, r < rows, o < co. */
function product(
  x: usize,
  step: usize,
  dy: usize,
  dyStep: usize,
  dw: usize,
  rows: i32,
  co: i32,
  count: i32,
): void {
  const co8 = co & ~7, rows4 = rows & ~3, rows8 = rows & ~7;
  for (let o = 0; o < co8; o += 8) {
    const d: usize = dy + (<usize> o << 2), t: usize = dw + (<usize> o << 2);
    for (let r = 0; r < rows4; r += 4) {
      block4x8(x + (<usize> r << 2), step, d, dyStep, t + <usize> r * dyStep, count);
    }
    for (let r = rows4; r < rows; r++) {
      block1x4(x + (<usize> r << 2), step, d, dyStep, t + <usize> r * dyStep, count);
      block1x4(x + (<usize> r << 2), step, d + 16, dyStep, t + <usize> r * dyStep + 16, count);
    }
  }
  if (co8 == co) return;
  const d: usize = dy + (<usize> co8 << 2), t: usize = dw + (<usize> co8 << 2);
  for (let r = 0; r < rows8; r += 8) {
    block8x4(x + (<usize> r << 2), step, d, dyStep, t + <usize> r * dyStep, count);
  }
  for (let r = rows8; r < rows; r++) {
    block1x4(x + (<usize> r << 2), step, d, dyStep, t + <usize> r * dyStep, count);
  }
}

function block4x8(x: usize, step: usize, dy: usize, dyStep: usize, dw: usize, count: i32): void {
  const w1 = dw + dyStep, w2 = w1 + dyStep, w3 = w2 + dyStep;
  let a0 = v128.load(dw), a1 = v128.load(dw, 16), b0 = v128.load(w1), b1 = v128.load(w1, 16);
  let c0 = v128.load(w2), c1 = v128.load(w2, 16), d0 = v128.load(w3), d1 = v128.load(w3, 16);
  for (let i = 0; i < count; i++) {
    const g0 = v128.load(dy), g1 = v128.load(dy, 16);
    let s = v128.load32_splat(x);
    a0 = madd(s, g0, a0);
    a1 = madd(s, g1, a1);
    s = v128.load32_splat(x, 4);
    b0 = madd(s, g0, b0);
    b1 = madd(s, g1, b1);
    s = v128.load32_splat(x, 8);
    c0 = madd(s, g0, c0);
    c1 = madd(s, g1, c1);
    s = v128.load32_splat(x, 12);
    d0 = madd(s, g0, d0);
    d1 = madd(s, g1, d1);
    x += step;
    dy += dyStep;
  }
  v128.store(dw, a0);
  v128.store(dw, a1, 16);
  v128.store(w1, b0);
  v128.store(w1, b1, 16);
  v128.store(w2, c0);
  v128.store(w2, c1, 16);
  v128.store(w3, d0);
  v128.store(w3, d1, 16);
}

function block8x4(x: usize, step: usize, dy: usize, dyStep: usize, dw: usize, count: i32): void {
  const w1 = dw + dyStep, w2 = w1 + dyStep, w3 = w2 + dyStep;
  const w4 = w3 + dyStep, w5 = w4 + dyStep, w6 = w5 + dyStep, w7 = w6 + dyStep;
  let a = v128.load(dw), b = v128.load(w1), c = v128.load(w2), d = v128.load(w3);
  let e = v128.load(w4), f = v128.load(w5), g = v128.load(w6), h = v128.load(w7);
  for (let i = 0; i < count; i++) {
    const v = v128.load(dy);
    a = madd(v128.load32_splat(x), v, a);
    b = madd(v128.load32_splat(x, 4), v, b);
    c = madd(v128.load32_splat(x, 8), v, c);
    d = madd(v128.load32_splat(x, 12), v, d);
    e = madd(v128.load32_splat(x, 16), v, e);
    f = madd(v128.load32_splat(x, 20), v, f);
    g = madd(v128.load32_splat(x, 24), v, g);
    h = madd(v128.load32_splat(x, 28), v, h);
    x += step;
    dy += dyStep;
  }
  v128.store(dw, a);
  v128.store(w1, b);
  v128.store(w2, c);
  v128.store(w3, d);
  v128.store(w4, e);
  v128.store(w5, f);
  v128.store(w6, g);
  v128.store(w7, h);
}

function block1x4(x: usize, step: usize, dy: usize, dyStep: usize, dw: usize, count: i32): void {
  let a = v128.load(dw);
  for (let i = 0; i < count; i++) {
    a = madd(v128.load32_splat(x), v128.load(dy), a);
    x += step;
    dy += dyStep;
  }
  v128.store(dw, a);
}
