// AssemblyScript: what tfjs's wasm backend lacks or does slowly, on its own heap. Pointers are byte addresses.
// RELAXED is 1 in the build with relaxed SIMD (fused multiply-add where the machine has it), else 0.

// @ts-ignore: decorator
@inline
function madd(a: v128, b: v128, c: v128): v128 {
  // @ts-ignore: build constant
  if (RELAXED) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Copies one sample [h, w, c] to the middle of `out` [h + kh - 1, w + kw - 1, c], zeros around it. */
function padSample(x: usize, out: usize, h: i32, w: i32, c: i32, kh: i32, kw: i32, top: i32, left: i32): void {
  const row: usize = <usize>(w * c) << 2, padded: usize = <usize>((w + kw - 1) * c) << 2;
  memory.fill(out, 0, <usize>(h + kh - 1) * padded);
  let target: usize = out + <usize>top * padded + (<usize>(left * c) << 2);
  for (let y = 0; y < h; y++) {
    memory.copy(target, x, row);
    x += row; target += padded;
  }
}

/**
 * Weights in the order of use: per block of 8 outputs (or 4, the last one), first the bias, then the outputs of
 * every tap and input channel, zeros beyond `outputs`. Strides are in elements; `bias` 0 is none.
 */
export function packWeights(
  filter: usize, bias: usize, out: usize,
  taps: i32, inputs: i32, outputs: i32, tapStride: i32, inputStride: i32, outputStride: i32,
): void {
  for (let o = 0; o < outputs; o += 8) {
    const width = outputs - o > 4 ? 8 : 4, filled = min(width, outputs - o);
    memory.fill(out, 0, <usize>((taps * inputs + 1) * width) << 2);
    if (bias) memory.copy(out, bias + (<usize>o << 2), <usize>filled << 2);
    out += <usize>width << 2;
    for (let t = 0; t < taps; t++) {
      for (let i = 0; i < inputs; i++) {
        const from = t * tapStride + i * inputStride + o * outputStride;
        for (let j = 0; j < filled; j++) {
          store<f32>(out + (<usize>j << 2), load<f32>(filter + (<isize>(from + j * outputStride) << 2)));
        }
        out += <usize>width << 2;
      }
    }
  }
}

/**
 * Stride-1 convolution, channels last, with packed weights, bias and optional ReLU:
 * y[n, y, x, co] = sum_{kh, kw, ci} input[n, y + kh - top, x + kw - left, ci] w[kh, kw, ci, co] + bias[co].
 * In a padded sample the kw * ci inputs of one kernel row are contiguous, so a tap row is one dot product.
 */
export function convolve(
  input: usize, packed: usize, out: usize, scratch: usize,
  n: i32, h: i32, w: i32, ci: i32, co: i32, kh: i32, kw: i32, top: i32, left: i32, relu: i32,
): void {
  const pointwise = kh == 1 && kw == 1, k = kw * ci;
  const step: usize = <usize>ci << 2, rowStep: usize = <usize>((w + kw - 1) * ci) << 2, outStep: usize = <usize>co << 2;
  const outRow: usize = <usize>w * outStep, sample: usize = <usize>(h * w) * step;
  for (let b = 0; b < n; b++) {
    let row = pointwise ? input : scratch;
    if (!pointwise) padSample(input, scratch, h, w, ci, kh, kw, top, left);
    for (let y = 0; y < h; y++) {
      let weights = packed;
      for (let o = 0; o < co; o += 8) {
        const width = co - o > 4 ? 8 : 4, filled = min(width, co - o);
        convolveRow(row, step, rowStep, weights, width, kh, k, out + (<usize>o << 2), outStep, w, filled, relu);
        weights += <usize>((kh * k + 1) * width) << 2;
      }
      row += rowStep; out += outRow;
    }
    input += sample;
  }
}

/** One row of `w` pixels, one block of outputs. The last tile overlaps the one before it where w does not divide. */
function convolveRow(
  x: usize, step: usize, rowStep: usize, weights: usize, width: i32, kh: i32, k: i32,
  out: usize, outStep: usize, w: i32, filled: i32, relu: i32,
): void {
  const tile = width == 8 ? 4 : 8;
  if (w < tile) {
    for (let i = 0; i < w; i++) {
      const p: usize = x + <usize>i * step, q: usize = out + <usize>i * outStep;
      pixel(p, rowStep, weights, width, kh, k, q, min(filled, 4), relu);
      if (filled > 4) pixel(p, rowStep, weights + 16, width, kh, k, q + 16, filled - 4, relu);
    }
    return;
  }
  for (let i = 0; i < w; i += tile) {
    const from = <usize>min(i, w - tile);
    if (width == 8) tile4x8(x + from * step, step, rowStep, weights, kh, k, out + from * outStep, outStep, filled, relu);
    else tile8x4(x + from * step, step, rowStep, weights, kh, k, out + from * outStep, outStep, filled, relu);
  }
}

// @ts-ignore: decorator
@inline
function storeLanes(out: usize, v: v128, filled: i32, relu: i32): void {
  if (relu) v = f32x4.max(v, f32x4.splat(0));
  if (filled >= 4) { v128.store(out, v); return; }
  if (filled > 0) store<f32>(out, f32x4.extract_lane(v, 0));
  if (filled > 1) store<f32>(out, f32x4.extract_lane(v, 1), 4);
  if (filled > 2) store<f32>(out, f32x4.extract_lane(v, 2), 8);
}

/** Four pixels by eight outputs in registers. */
function tile4x8(
  x: usize, step: usize, rowStep: usize, weights: usize, kh: i32, k: i32, out: usize, outStep: usize, filled: i32, relu: i32,
): void {
  let a0 = v128.load(weights), a1 = v128.load(weights, 16);
  let b0 = a0, b1 = a1, c0 = a0, c1 = a1, d0 = a0, d1 = a1;
  weights += 32;
  for (let p = 0; p < kh; p++) {
    let pa = x, pb = x + step, pc = pb + step, pd = pc + step;
    let i = 0;
    // Two inputs a turn: the loop's own arithmetic costs as much as the multiplications otherwise.
    for (; i + 2 <= k; i += 2) {
      let w0 = v128.load(weights), w1 = v128.load(weights, 16), s = v128.load32_splat(pa);
      a0 = madd(s, w0, a0); a1 = madd(s, w1, a1);
      s = v128.load32_splat(pb);
      b0 = madd(s, w0, b0); b1 = madd(s, w1, b1);
      s = v128.load32_splat(pc);
      c0 = madd(s, w0, c0); c1 = madd(s, w1, c1);
      s = v128.load32_splat(pd);
      d0 = madd(s, w0, d0); d1 = madd(s, w1, d1);
      w0 = v128.load(weights, 32); w1 = v128.load(weights, 48);
      s = v128.load32_splat(pa, 4);
      a0 = madd(s, w0, a0); a1 = madd(s, w1, a1);
      s = v128.load32_splat(pb, 4);
      b0 = madd(s, w0, b0); b1 = madd(s, w1, b1);
      s = v128.load32_splat(pc, 4);
      c0 = madd(s, w0, c0); c1 = madd(s, w1, c1);
      s = v128.load32_splat(pd, 4);
      d0 = madd(s, w0, d0); d1 = madd(s, w1, d1);
      weights += 64; pa += 8; pb += 8; pc += 8; pd += 8;
    }
    if (i < k) {
      let w0 = v128.load(weights), w1 = v128.load(weights, 16), s = v128.load32_splat(pa);
      a0 = madd(s, w0, a0); a1 = madd(s, w1, a1);
      s = v128.load32_splat(pb);
      b0 = madd(s, w0, b0); b1 = madd(s, w1, b1);
      s = v128.load32_splat(pc);
      c0 = madd(s, w0, c0); c1 = madd(s, w1, c1);
      s = v128.load32_splat(pd);
      d0 = madd(s, w0, d0); d1 = madd(s, w1, d1);
      weights += 32;
    }
    x += rowStep;
  }
  const rest = filled - 4;
  storeLanes(out, a0, filled, relu); storeLanes(out + 16, a1, rest, relu); out += outStep;
  storeLanes(out, b0, filled, relu); storeLanes(out + 16, b1, rest, relu); out += outStep;
  storeLanes(out, c0, filled, relu); storeLanes(out + 16, c1, rest, relu); out += outStep;
  storeLanes(out, d0, filled, relu); storeLanes(out + 16, d1, rest, relu);
}

/** Eight pixels by four outputs in registers. */
function tile8x4(
  x: usize, step: usize, rowStep: usize, weights: usize, kh: i32, k: i32, out: usize, outStep: usize, filled: i32, relu: i32,
): void {
  let a = v128.load(weights), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  weights += 16;
  for (let p = 0; p < kh; p++) {
    let pa = x, pb = x + step, pc = pb + step, pd = pc + step;
    let pe = pd + step, pf = pe + step, pg = pf + step, ph = pg + step;
    for (let i = 0; i < k; i++) {
      const w = v128.load(weights);
      a = madd(v128.load32_splat(pa), w, a); b = madd(v128.load32_splat(pb), w, b);
      c = madd(v128.load32_splat(pc), w, c); d = madd(v128.load32_splat(pd), w, d);
      e = madd(v128.load32_splat(pe), w, e); f = madd(v128.load32_splat(pf), w, f);
      g = madd(v128.load32_splat(pg), w, g); h = madd(v128.load32_splat(ph), w, h);
      weights += 16; pa += 4; pb += 4; pc += 4; pd += 4; pe += 4; pf += 4; pg += 4; ph += 4;
    }
    x += rowStep;
  }
  storeLanes(out, a, filled, relu); out += outStep; storeLanes(out, b, filled, relu); out += outStep;
  storeLanes(out, c, filled, relu); out += outStep; storeLanes(out, d, filled, relu); out += outStep;
  storeLanes(out, e, filled, relu); out += outStep; storeLanes(out, f, filled, relu); out += outStep;
  storeLanes(out, g, filled, relu); out += outStep; storeLanes(out, h, filled, relu);
}

/** One pixel by four outputs, `width` weights apart. */
function pixel(
  x: usize, rowStep: usize, weights: usize, width: i32, kh: i32, k: i32, out: usize, filled: i32, relu: i32,
): void {
  const next: usize = <usize>width << 2;
  let a = v128.load(weights);
  weights += next;
  for (let p = 0; p < kh; p++) {
    for (let i = 0; i < k; i++) {
      a = madd(v128.load32_splat(x + (<usize>i << 2)), v128.load(weights), a);
      weights += next;
    }
    x += rowStep;
  }
  storeLanes(out, a, filled, relu);
}

/** Pixels whose products stay in registers before they are added to memory, so that their data stay in cache. */
const CHUNK = 64;

/**
 * Filter gradient of a stride-1 convolution; `co` must be a multiple of 4 (pad dy's columns):
 * dw[kh, kw, ci, co] = sum_{n, y, x} input[n, y + kh - top, x + kw - left, ci] * dy[n, y, x, co].
 */
export function filterGradient(
  input: usize, dy: usize, dw: usize, scratch: usize,
  n: i32, h: i32, w: i32, ci: i32, co: i32, kh: i32, kw: i32, top: i32, left: i32,
): void {
  const pointwise = kh == 1 && kw == 1, k = kw * ci;
  const step: usize = <usize>ci << 2, rowStep: usize = <usize>((w + kw - 1) * ci) << 2, dyStep: usize = <usize>co << 2;
  memory.fill(dw, 0, <usize>(kh * k) * dyStep);
  for (let b = 0; b < n; b++) {
    let row = pointwise ? input : scratch;
    if (!pointwise) padSample(input, scratch, h, w, ci, kh, kw, top, left);
    for (let y = 0; y < h; y++) {
      for (let at = 0; at < w; at += CHUNK) {
        const count = min(CHUNK, w - at), x: usize = row + <usize>at * step;
        for (let p = 0; p < kh; p++) {
          product(x + <usize>p * rowStep, step, dy, dyStep, dw + <usize>(p * k) * dyStep, k, co, count);
        }
        dy += <usize>count * dyStep;
      }
      row += rowStep;
    }
    input += <usize>(h * w) * step;
  }
}

/** dw[r, o] += sum_i x[i * step + r] * dy[i * co + o] over `count` pixels, r < rows, o < co. */
function product(x: usize, step: usize, dy: usize, dyStep: usize, dw: usize, rows: i32, co: i32, count: i32): void {
  const co8 = co & ~7, rows4 = rows & ~3, rows8 = rows & ~7;
  for (let o = 0; o < co8; o += 8) {
    const d: usize = dy + (<usize>o << 2), t: usize = dw + (<usize>o << 2);
    for (let r = 0; r < rows4; r += 4) block4x8(x + (<usize>r << 2), step, d, dyStep, t + <usize>r * dyStep, count);
    for (let r = rows4; r < rows; r++) {
      block1x4(x + (<usize>r << 2), step, d, dyStep, t + <usize>r * dyStep, count);
      block1x4(x + (<usize>r << 2), step, d + 16, dyStep, t + <usize>r * dyStep + 16, count);
    }
  }
  if (co8 == co) return;
  const d: usize = dy + (<usize>co8 << 2), t: usize = dw + (<usize>co8 << 2);
  for (let r = 0; r < rows8; r += 8) block8x4(x + (<usize>r << 2), step, d, dyStep, t + <usize>r * dyStep, count);
  for (let r = rows8; r < rows; r++) block1x4(x + (<usize>r << 2), step, d, dyStep, t + <usize>r * dyStep, count);
}

// @ts-ignore: decorator
@inline
function block4x8(x: usize, step: usize, dy: usize, dyStep: usize, dw: usize, count: i32): void {
  const w1 = dw + dyStep, w2 = w1 + dyStep, w3 = w2 + dyStep;
  let a0 = v128.load(dw), a1 = v128.load(dw, 16), b0 = v128.load(w1), b1 = v128.load(w1, 16);
  let c0 = v128.load(w2), c1 = v128.load(w2, 16), d0 = v128.load(w3), d1 = v128.load(w3, 16);
  for (let i = 0; i < count; i++) {
    const g0 = v128.load(dy), g1 = v128.load(dy, 16);
    let s = v128.load32_splat(x);
    a0 = madd(s, g0, a0); a1 = madd(s, g1, a1);
    s = v128.load32_splat(x, 4);
    b0 = madd(s, g0, b0); b1 = madd(s, g1, b1);
    s = v128.load32_splat(x, 8);
    c0 = madd(s, g0, c0); c1 = madd(s, g1, c1);
    s = v128.load32_splat(x, 12);
    d0 = madd(s, g0, d0); d1 = madd(s, g1, d1);
    x += step; dy += dyStep;
  }
  v128.store(dw, a0); v128.store(dw, a1, 16); v128.store(w1, b0); v128.store(w1, b1, 16);
  v128.store(w2, c0); v128.store(w2, c1, 16); v128.store(w3, d0); v128.store(w3, d1, 16);
}

// @ts-ignore: decorator
@inline
function block8x4(x: usize, step: usize, dy: usize, dyStep: usize, dw: usize, count: i32): void {
  const w1 = dw + dyStep, w2 = w1 + dyStep, w3 = w2 + dyStep;
  const w4 = w3 + dyStep, w5 = w4 + dyStep, w6 = w5 + dyStep, w7 = w6 + dyStep;
  let a = v128.load(dw), b = v128.load(w1), c = v128.load(w2), d = v128.load(w3);
  let e = v128.load(w4), f = v128.load(w5), g = v128.load(w6), h = v128.load(w7);
  for (let i = 0; i < count; i++) {
    const v = v128.load(dy);
    a = madd(v128.load32_splat(x), v, a); b = madd(v128.load32_splat(x, 4), v, b);
    c = madd(v128.load32_splat(x, 8), v, c); d = madd(v128.load32_splat(x, 12), v, d);
    e = madd(v128.load32_splat(x, 16), v, e); f = madd(v128.load32_splat(x, 20), v, f);
    g = madd(v128.load32_splat(x, 24), v, g); h = madd(v128.load32_splat(x, 28), v, h);
    x += step; dy += dyStep;
  }
  v128.store(dw, a); v128.store(w1, b); v128.store(w2, c); v128.store(w3, d);
  v128.store(w4, e); v128.store(w5, f); v128.store(w6, g); v128.store(w7, h);
}

function block1x4(x: usize, step: usize, dy: usize, dyStep: usize, dw: usize, count: i32): void {
  let a = v128.load(dw);
  for (let i = 0; i < count; i++) {
    a = madd(v128.load32_splat(x), v128.load(dy), a);
    x += step; dy += dyStep;
  }
  v128.store(dw, a);
}

/** Copies columns [from, from + count) of source [rows, sourceWidth] to columns at `to` of target [rows, targetWidth]. */
export function copyColumns(
  source: usize, target: usize, rows: i32, sourceWidth: i32, from: i32, targetWidth: i32, to: i32, count: i32,
): void {
  let p: usize = source + (<usize>from << 2), q: usize = target + (<usize>to << 2);
  const step: usize = <usize>sourceWidth << 2, stride: usize = <usize>targetWidth << 2, bytes: usize = <usize>count << 2;
  const whole = bytes & ~15;
  for (let r = 0; r < rows; r++) {
    let i: usize = 0;
    for (; i < whole; i += 16) v128.store(q + i, v128.load(p + i));
    for (; i < bytes; i += 4) store<f32>(q + i, load<f32>(p + i));
    p += step; q += stride;
  }
}

/** Sum of all elements, in f64. */
export function sumAll(x: usize, count: i32): f64 {
  let low = f64x2.splat(0), high = f64x2.splat(0), i = 0;
  for (; i + 4 <= count; i += 4) {
    const v = v128.load(x + (<usize>i << 2));
    low = f64x2.add(low, f64x2.promote_low_f32x4(v));
    high = f64x2.add(high, f64x2.promote_low_f32x4(i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15)));
  }
  const both = f64x2.add(low, high);
  let total = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (; i < count; i++) total += <f64>load<f32>(x + (<usize>i << 2));
  return total;
}

/** Sum of squares, in f64. */
export function sumSquares(x: usize, count: i32): f64 {
  let total: f64 = 0;
  for (let i = 0; i < count; i++) {
    const v = <f64>load<f32>(x + (<usize>i << 2));
    total += v * v;
  }
  return total;
}

/** out[c] = sum over rows of x[rows, columns], in f64. */
export function sumRows(x: usize, out: usize, rows: i32, columns: i32): void {
  const step: usize = <usize>columns << 2;
  let c = 0;
  for (; c + 4 <= columns; c += 4) {
    let low = f64x2.splat(0), high = f64x2.splat(0), p: usize = x + (<usize>c << 2);
    for (let r = 0; r < rows; r++) {
      const v = v128.load(p);
      low = f64x2.add(low, f64x2.promote_low_f32x4(v));
      high = f64x2.add(high, f64x2.promote_low_f32x4(i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15)));
      p += step;
    }
    const o: usize = out + (<usize>c << 2);
    store<f32>(o, <f32>f64x2.extract_lane(low, 0)); store<f32>(o, <f32>f64x2.extract_lane(low, 1), 4);
    store<f32>(o, <f32>f64x2.extract_lane(high, 0), 8); store<f32>(o, <f32>f64x2.extract_lane(high, 1), 12);
  }
  for (; c < columns; c++) {
    let total: f64 = 0, p: usize = x + (<usize>c << 2);
    for (let r = 0; r < rows; r++) { total += <f64>load<f32>(p); p += step; }
    store<f32>(out + (<usize>c << 2), <f32>total);
  }
}

/** out = dy where y > 0, else 0. */
export function reluMask(dy: usize, y: usize, out: usize, count: i32): void {
  const zero = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const o: usize = <usize>i << 2;
    v128.store(out + o, v128.and(v128.load(dy + o), f32x4.gt(v128.load(y + o), zero)));
  }
  for (; i < count; i++) {
    const o: usize = <usize>i << 2;
    store<f32>(out + o, load<f32>(y + o) > 0 ? load<f32>(dy + o) : 0);
  }
}

/**
 * One Adam step (Kingma and Ba 2015) on flat arrays: moments m and v of the gradient times `*factor`, and
 * p' = p - rate m' / (sqrt(v' / correction2) + epsilon), the rate already divided by 1 - beta1^t.
 */
export function adamStep(
  p: usize, g: usize, m: usize, v: usize, nextP: usize, nextM: usize, nextV: usize, count: i32,
  factor: usize, rate: f32, beta1: f32, beta2: f32, epsilon: f32, correction2: f32,
): void {
  const scale = load<f32>(factor);
  for (let i = 0; i < count; i++) {
    const o: usize = <usize>i << 2, d = load<f32>(g + o) * scale;
    const first = beta1 * load<f32>(m + o) + (1 - beta1) * d, second = beta2 * load<f32>(v + o) + (1 - beta2) * d * d;
    store<f32>(nextM + o, first);
    store<f32>(nextV + o, second);
    store<f32>(nextP + o, load<f32>(p + o) - rate * first / (sqrt<f32>(second / correction2) + epsilon));
  }
}
