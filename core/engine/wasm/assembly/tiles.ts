// AssemblyScript on the heap of tfjs's wasm backend; pointers are byte addresses, tensors f32 and channels last.
import { madd } from "./common";

/** Writes the first `filled` lanes. */
function storeLanes(out: usize, v: v128, filled: i32, relu: i32): void {
  if (relu) v = f32x4.max(v, f32x4.splat(0));
  if (filled >= 4) {
    v128.store(out, v);
    return;
  }
  if (filled > 0) store<f32>(out, f32x4.extract_lane(v, 0));
  if (filled > 1) store<f32>(out, f32x4.extract_lane(v, 1), 4);
  if (filled > 2) store<f32>(out, f32x4.extract_lane(v, 2), 8);
}

/** Four pixels by eight outputs in registers. */
export function tile4x8(
  x: usize,
  step: usize,
  rowStep: usize,
  weights: usize,
  kh: i32,
  k: i32,
  out: usize,
  outStep: usize,
  filled: i32,
  relu: i32,
): void {
  let a0 = v128.load(weights), a1 = v128.load(weights, 16);
  let b0 = a0, b1 = a1, c0 = a0, c1 = a1, d0 = a0, d1 = a1;
  weights += 32;
  for (let p = 0; p < kh; p++) {
    let pa = x, pb = x + step, pc = pb + step, pd = pc + step;
    let i = 0;
    // Two inputs a turn: the loop's own arithmetic costs as much as the multiplications otherwise.
    for (; i + 2 <= k; i += 2) {
      let w0 = v128.load(weights), w1 = v128.load(weights, 16);
      let s = v128.load32_splat(pa);
      a0 = madd(s, w0, a0);
      a1 = madd(s, w1, a1);
      s = v128.load32_splat(pb);
      b0 = madd(s, w0, b0);
      b1 = madd(s, w1, b1);
      s = v128.load32_splat(pc);
      c0 = madd(s, w0, c0);
      c1 = madd(s, w1, c1);
      s = v128.load32_splat(pd);
      d0 = madd(s, w0, d0);
      d1 = madd(s, w1, d1);
      w0 = v128.load(weights, 32);
      w1 = v128.load(weights, 48);
      s = v128.load32_splat(pa, 4);
      a0 = madd(s, w0, a0);
      a1 = madd(s, w1, a1);
      s = v128.load32_splat(pb, 4);
      b0 = madd(s, w0, b0);
      b1 = madd(s, w1, b1);
      s = v128.load32_splat(pc, 4);
      c0 = madd(s, w0, c0);
      c1 = madd(s, w1, c1);
      s = v128.load32_splat(pd, 4);
      d0 = madd(s, w0, d0);
      d1 = madd(s, w1, d1);
      weights += 64;
      pa += 8;
      pb += 8;
      pc += 8;
      pd += 8;
    }
    if (i < k) {
      const w0 = v128.load(weights), w1 = v128.load(weights, 16);
      let s = v128.load32_splat(pa);
      a0 = madd(s, w0, a0);
      a1 = madd(s, w1, a1);
      s = v128.load32_splat(pb);
      b0 = madd(s, w0, b0);
      b1 = madd(s, w1, b1);
      s = v128.load32_splat(pc);
      c0 = madd(s, w0, c0);
      c1 = madd(s, w1, c1);
      s = v128.load32_splat(pd);
      d0 = madd(s, w0, d0);
      d1 = madd(s, w1, d1);
      weights += 32;
    }
    x += rowStep;
  }
  const rest = filled - 4;
  storeLanes(out, a0, filled, relu);
  storeLanes(out + 16, a1, rest, relu);
  out += outStep;
  storeLanes(out, b0, filled, relu);
  storeLanes(out + 16, b1, rest, relu);
  out += outStep;
  storeLanes(out, c0, filled, relu);
  storeLanes(out + 16, c1, rest, relu);
  out += outStep;
  storeLanes(out, d0, filled, relu);
  storeLanes(out + 16, d1, rest, relu);
}

/** Eight pixels by four outputs in registers. */
export function tile8x4(
  x: usize,
  step: usize,
  rowStep: usize,
  weights: usize,
  kh: i32,
  k: i32,
  out: usize,
  outStep: usize,
  filled: i32,
  relu: i32,
): void {
  let a = v128.load(weights), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  weights += 16;
  for (let p = 0; p < kh; p++) {
    let pa = x, pb = x + step, pc = pb + step, pd = pc + step;
    let pe = pd + step, pf = pe + step, pg = pf + step, ph = pg + step;
    for (let i = 0; i < k; i++) {
      const w = v128.load(weights);
      a = madd(v128.load32_splat(pa), w, a);
      b = madd(v128.load32_splat(pb), w, b);
      c = madd(v128.load32_splat(pc), w, c);
      d = madd(v128.load32_splat(pd), w, d);
      e = madd(v128.load32_splat(pe), w, e);
      f = madd(v128.load32_splat(pf), w, f);
      g = madd(v128.load32_splat(pg), w, g);
      h = madd(v128.load32_splat(ph), w, h);
      weights += 16;
      pa += 4;
      pb += 4;
      pc += 4;
      pd += 4;
      pe += 4;
      pf += 4;
      pg += 4;
      ph += 4;
    }
    x += rowStep;
  }
  storeLanes(out, a, filled, relu);
  out += outStep;
  storeLanes(out, b, filled, relu);
  out += outStep;
  storeLanes(out, c, filled, relu);
  out += outStep;
  storeLanes(out, d, filled, relu);
  out += outStep;
  storeLanes(out, e, filled, relu);
  out += outStep;
  storeLanes(out, f, filled, relu);
  out += outStep;
  storeLanes(out, g, filled, relu);
  out += outStep;
  storeLanes(out, h, filled, relu);
}

/** One pixel by four outputs, `width` weights apart. */
export function pixel(
  x: usize,
  rowStep: usize,
  weights: usize,
  width: i32,
  kh: i32,
  k: i32,
  out: usize,
  filled: i32,
  relu: i32,
): void {
  const next: usize = <usize> width << 2;
  let a = v128.load(weights);
  weights += next;
  for (let p = 0; p < kh; p++) {
    for (let i = 0; i < k; i++) {
      a = madd(v128.load32_splat(x + (<usize> i << 2)), v128.load(weights), a);
      weights += next;
    }
    x += rowStep;
  }
  storeLanes(out, a, filled, relu);
}
