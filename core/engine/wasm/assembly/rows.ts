// AssemblyScript on the heap of tfjs's wasm backend; pointers are byte addresses, tensors f32 and channels last.
// What tfjs's backend lacks or does slowly besides convolutions: columns, sums in f64, ReLU's gradient, Adam.

/** Copies columns [from, from + count) of source [rows, sourceWidth] to columns at `to` of target [rows, targetWidth]. */
export function copyColumns(
  source: usize,
  target: usize,
  rows: i32,
  sourceWidth: i32,
  from: i32,
  targetWidth: i32,
  to: i32,
  count: i32,
): void {
  let p: usize = source + (<usize> from << 2), q: usize = target + (<usize> to << 2);
  const step: usize = <usize> sourceWidth << 2,
    stride: usize = <usize> targetWidth << 2,
    bytes: usize = <usize> count << 2;
  const whole = bytes & ~15;
  for (let r = 0; r < rows; r++) {
    let i: usize = 0;
    for (; i < whole; i += 16) v128.store(q + i, v128.load(p + i));
    for (; i < bytes; i += 4) store<f32>(q + i, load<f32>(p + i));
    p += step;
    q += stride;
  }
}

/** Sum of all elements, in f64. */
export function sumAll(x: usize, count: i32): f64 {
  let low = f64x2.splat(0), high = f64x2.splat(0), i = 0;
  for (; i + 4 <= count; i += 4) {
    const v = v128.load(x + (<usize> i << 2));
    low = f64x2.add(low, f64x2.promote_low_f32x4(v));
    high = f64x2.add(
      high,
      f64x2.promote_low_f32x4(
        i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15),
      ),
    );
  }
  const both = f64x2.add(low, high);
  let total = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (; i < count; i++) total += <f64> load<f32>(x + (<usize> i << 2));
  return total;
}

/** Sum of squares, in f64. */
export function sumSquares(x: usize, count: i32): f64 {
  let total: f64 = 0;
  for (let i = 0; i < count; i++) {
    const v = <f64> load<f32>(x + (<usize> i << 2));
    total += v * v;
  }
  return total;
}

/** out[c] = sum over rows of x[rows, columns], in f64. */
export function sumRows(x: usize, out: usize, rows: i32, columns: i32): void {
  const step: usize = <usize> columns << 2;
  let c = 0;
  for (; c + 4 <= columns; c += 4) {
    let low = f64x2.splat(0), high = f64x2.splat(0), p: usize = x + (<usize> c << 2);
    for (let r = 0; r < rows; r++) {
      const v = v128.load(p);
      low = f64x2.add(low, f64x2.promote_low_f32x4(v));
      high = f64x2.add(
        high,
        f64x2.promote_low_f32x4(
          i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15),
        ),
      );
      p += step;
    }
    const o: usize = out + (<usize> c << 2);
    store<f32>(o, <f32> f64x2.extract_lane(low, 0));
    store<f32>(o, <f32> f64x2.extract_lane(low, 1), 4);
    store<f32>(o, <f32> f64x2.extract_lane(high, 0), 8);
    store<f32>(o, <f32> f64x2.extract_lane(high, 1), 12);
  }
  for (; c < columns; c++) {
    let total: f64 = 0, p: usize = x + (<usize> c << 2);
    for (let r = 0; r < rows; r++) {
      total += <f64> load<f32>(p);
      p += step;
    }
    store<f32>(out + (<usize> c << 2), <f32> total);
  }
}

/** out = dy where y > 0, else 0. */
export function reluMask(dy: usize, y: usize, out: usize, count: i32): void {
  const zero = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const o: usize = <usize> i << 2;
    v128.store(out + o, v128.and(v128.load(dy + o), f32x4.gt(v128.load(y + o), zero)));
  }
  for (; i < count; i++) {
    const o: usize = <usize> i << 2;
    store<f32>(out + o, load<f32>(y + o) > 0 ? load<f32>(dy + o) : 0);
  }
}

/**
 * One Adam step (Kingma and Ba 2015) on flat arrays: moments m and v of the gradient times `*factor`, and
 * p' = p - rate m' / (sqrt(v' / correction2) + epsilon), the rate already divided by 1 - beta1^t.
 */
export function adamStep(
  p: usize,
  g: usize,
  m: usize,
  v: usize,
  nextP: usize,
  nextM: usize,
  nextV: usize,
  count: i32,
  factor: usize,
  rate: f32,
  beta1: f64,
  beta2: f64,
  epsilon: f32,
  correction2: f32,
): void {
  const scale = load<f32>(factor), keep1 = <f32> beta1, keep2 = <f32> beta2;
  // 1 - beta2 in f32 would be off by 5e-5 of itself.
  const take1 = <f32> (1 - beta1), take2 = <f32> (1 - beta2);
  for (let i = 0; i < count; i++) {
    const o: usize = <usize> i << 2, d = load<f32>(g + o) * scale;
    const first = keep1 * load<f32>(m + o) + take1 * d,
      second = keep2 * load<f32>(v + o) + take2 * d * d;
    store<f32>(nextM + o, first);
    store<f32>(nextV + o, second);
    store<f32>(nextP + o, load<f32>(p + o) - rate * first / (sqrt<f32>(second / correction2) + epsilon));
  }
}
