// AssemblyScript: what tfjs's wasm backend lacks or does slowly, on its own heap. Pointers are byte addresses.
// RELAXED is 1 in the build with relaxed SIMD (fused multiply-add where the machine has it), else 0.

// @ts-ignore: decorator
@inline
function madd(a: v128, b: v128, c: v128): v128 {
  // @ts-ignore: build constant
  if (RELAXED) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/**
 * Filter gradient of a stride-1 convolution, channels last:
 * dw[kh, kw, ci, co] = sum_{n, y, x} input[n, y + kh - top, x + kw - left, ci] * dy[n, y, x, co].
 * A block of 4 x 8 weights stays in registers along a row of pixels.
 */
export function filterGradient(
  input: usize, dy: usize, dw: usize,
  n: i32, h: i32, w: i32, ci: i32, co: i32, kh: i32, kw: i32, top: i32, left: i32,
): void {
  memory.fill(dw, 0, <usize>(kh * kw * ci * co) << 2);
  const inStride: usize = <usize>ci << 2, outStride: usize = <usize>co << 2;
  for (let b = 0; b < n; b++) {
    for (let y = 0; y < h; y++) {
      const dyRow: usize = dy + <usize>((b * h + y) * w) * outStride;
      for (let p = 0; p < kh; p++) {
        const iy = y + p - top;
        if (iy < 0 || iy >= h) continue;
        const inRow: usize = input + <usize>((b * h + iy) * w) * inStride;
        for (let q = 0; q < kw; q++) {
          const shift = q - left;
          const from = max(0, -shift), to = min(w, w - shift);
          if (to <= from) continue;
          rowProduct(
            inRow + <usize>(from + shift) * inStride, dyRow + <usize>from * outStride,
            dw + <usize>((p * kw + q) * ci) * outStride, to - from, ci, co,
          );
        }
      }
    }
  }
}

/** dw[ci, co] += sum_i x[i, ci] * dy[i, co] over `count` pixels. */
function rowProduct(x: usize, dy: usize, dw: usize, count: i32, ci: i32, co: i32): void {
  const inStride: usize = <usize>ci << 2, outStride: usize = <usize>co << 2;
  const ci4 = ci & ~3, co8 = co & ~7, co4 = co & ~3;
  for (let i = 0; i < ci4; i += 4) {
    const xi: usize = x + (<usize>i << 2);
    let o = 0;
    for (; o < co8; o += 8) block4x8(xi, dy + (<usize>o << 2), dw + <usize>i * outStride + (<usize>o << 2), count, inStride, outStride);
    for (; o < co4; o += 4) block4x4(xi, dy + (<usize>o << 2), dw + <usize>i * outStride + (<usize>o << 2), count, inStride, outStride);
    for (; o < co; o++) {
      for (let r = 0; r < 4; r++) single(xi + (<usize>r << 2), dy + (<usize>o << 2), dw + <usize>(i + r) * outStride + (<usize>o << 2), count, inStride, outStride);
    }
  }
  for (let i = ci4; i < ci; i++) {
    const xi: usize = x + (<usize>i << 2);
    let o = 0;
    for (; o < co8; o += 8) block1x8(xi, dy + (<usize>o << 2), dw + <usize>i * outStride + (<usize>o << 2), count, inStride, outStride);
    for (; o < co; o++) single(xi, dy + (<usize>o << 2), dw + <usize>i * outStride + (<usize>o << 2), count, inStride, outStride);
  }
}

// @ts-ignore: decorator
@inline
function block4x8(x: usize, dy: usize, dw: usize, count: i32, inStride: usize, outStride: usize): void {
  const w1 = dw + outStride, w2 = w1 + outStride, w3 = w2 + outStride;
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
    x += inStride; dy += outStride;
  }
  v128.store(dw, a0); v128.store(dw, a1, 16); v128.store(w1, b0); v128.store(w1, b1, 16);
  v128.store(w2, c0); v128.store(w2, c1, 16); v128.store(w3, d0); v128.store(w3, d1, 16);
}

// @ts-ignore: decorator
@inline
function block4x4(x: usize, dy: usize, dw: usize, count: i32, inStride: usize, outStride: usize): void {
  const w1 = dw + outStride, w2 = w1 + outStride, w3 = w2 + outStride;
  let a = v128.load(dw), b = v128.load(w1), c = v128.load(w2), d = v128.load(w3);
  for (let i = 0; i < count; i++) {
    const g = v128.load(dy);
    a = madd(v128.load32_splat(x), g, a);
    b = madd(v128.load32_splat(x, 4), g, b);
    c = madd(v128.load32_splat(x, 8), g, c);
    d = madd(v128.load32_splat(x, 12), g, d);
    x += inStride; dy += outStride;
  }
  v128.store(dw, a); v128.store(w1, b); v128.store(w2, c); v128.store(w3, d);
}

// @ts-ignore: decorator
@inline
function block1x8(x: usize, dy: usize, dw: usize, count: i32, inStride: usize, outStride: usize): void {
  let a0 = v128.load(dw), a1 = v128.load(dw, 16);
  for (let i = 0; i < count; i++) {
    const s = v128.load32_splat(x);
    a0 = madd(s, v128.load(dy), a0); a1 = madd(s, v128.load(dy, 16), a1);
    x += inStride; dy += outStride;
  }
  v128.store(dw, a0); v128.store(dw, a1, 16);
}

// @ts-ignore: decorator
@inline
function single(x: usize, dy: usize, dw: usize, count: i32, inStride: usize, outStride: usize): void {
  let sum = load<f32>(dw);
  for (let i = 0; i < count; i++) {
    sum += load<f32>(x) * load<f32>(dy);
    x += inStride; dy += outStride;
  }
  store<f32>(dw, sum);
}

/** out[kh', kw', co, ci] = filter[kh, kw, ci, co], both kernel axes reversed: the input gradient's filter. */
export function flipFilter(filter: usize, out: usize, taps: i32, ci: i32, co: i32): void {
  for (let t = 0; t < taps; t++) {
    const source: usize = filter + (<usize>(t * ci * co) << 2), target: usize = out + (<usize>((taps - 1 - t) * ci * co) << 2);
    for (let i = 0; i < ci; i++) {
      for (let o = 0; o < co; o++) {
        store<f32>(target + (<usize>(o * ci + i) << 2), load<f32>(source + (<usize>(i * co + o) << 2)));
      }
    }
  }
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
