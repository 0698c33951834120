/** Distances 1..radius from the centre. */
const range = (radius: number) => Array.from({ length: radius }, (_, i) => i + 1);

/**
 * AssemblyScript source of the kernels whose stencil reaches `radius` cells. Two rows are computed at a time, four
 * columns a vector: the rows above and below are loaded once for both. All arguments named like fields are addresses
 * of their first cell, all strides are in bytes. Products are rounded before sums: fused ones (relaxed SIMD) were not
 * faster, and would make results depend on the machine.
 */
export function kernelSource(radius: number): string {
  return `${stepSource(radius)}\n${WINDOW}\n${
    (["i16", "f16", "f32"] as const).map(snapshotSource).join("\n")
  }\n${POINTS}`;
}

/** Fields below this are set to 0: numbers too small for f32's normal range cost a hundred times as much. */
const TINY = "1e-30";

function stepSource(radius: number): string {
  const sides = range(radius);
  return `
// p += A2 (u - p) + AC L u
export function step(u: usize, p: usize, A2: usize, AC: usize, c: usize, rows: i32, width: usize, stride: usize): void {
  const tiny = f32x4.splat(${TINY});
  const centre = v128.load_splat<f32>(c);
${sides.map((k) => `  const cx${k} = v128.load_splat<f32>(c, ${4 * k});`).join("\n")}
${sides.map((k) => `  const cz${k} = v128.load_splat<f32>(c, ${4 * (radius + k)});`).join("\n")}
  for (let z = 0; z < rows; z += 2) {
    for (let o: usize = <usize>z * stride, end = o + width; o < end; o += 16) {
      const q = u + o, r = q + stride;
      const up0 = v128.load(q), down0 = v128.load(r);
      const above0 = up0, below0 = down0;
      let L0 = f32x4.mul(centre, up0), L1 = f32x4.mul(centre, down0);
${sides.map(sideSource).join("\n")}
      update(p + o, A2 + o, AC + o, up0, L0, tiny);
      update(p + o + stride, A2 + o + stride, AC + o + stride, down0, L1, tiny);
    }
  }
}

// @ts-ignore: decorator
@inline function madd(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c);
}

// @ts-ignore: decorator
@inline function update(p: usize, A2: usize, AC: usize, u: v128, L: v128, tiny: v128): void {
  const old = v128.load(p);
  const n = madd(v128.load(AC), L, madd(v128.load(A2), f32x4.sub(u, old), old));
  v128.store(p, v128.andnot(n, f32x4.lt(f32x4.abs(n), tiny))); // NaN is not less: it must show
}
`;
}

/** Terms at distance k: row z sees rows z-k and z+k, row z+1 sees z+1-k and z+1+k. */
function sideSource(k: number): string {
  const before = (q: string) => `v128.load(${q} - ${4 * k})`,
    after = (q: string) => `v128.load(${q}, ${4 * k})`;
  return `
      const above${k} = v128.load(q - ${k} * stride), below${k} = v128.load(r + ${k} * stride);
      L0 = madd(f32x4.add(above${k}, below${k - 1}), cz${k}, L0);
      L1 = madd(f32x4.add(above${k - 1}, below${k}), cz${k}, L1);
      L0 = madd(f32x4.add(${before("q")}, ${after("q")}), cx${k}, L0);
      L1 = madd(f32x4.add(${before("r")}, ${after("r")}), cx${k}, L1);`;
}

/** The window's padded rows against dense arrays: 2u - p before a step, the second difference after it. */
const WINDOW = `
// before = 2u - p
export function remember(u: usize, p: usize, before: usize, rows: i32, width: usize, stride: usize): void {
  for (let z = 0; z < rows; z++) {
    for (let o: usize = <usize>z * stride, end = o + width; o < end; o += 16, before += 16) {
      const v = v128.load(u + o);
      v128.store(before, f32x4.sub(f32x4.add(v, v), v128.load(p + o)));
    }
  }
}

// w = p - w, in place; the largest |w|
export function difference(p: usize, w: usize, rows: i32, width: usize, stride: usize): f32 {
  let peak = f32x4.splat(0);
  for (let z = 0; z < rows; z++) {
    for (let o: usize = <usize>z * stride, end = o + width; o < end; o += 16, w += 16) {
      const v = f32x4.sub(v128.load(p + o), v128.load(w));
      v128.store(w, v);
      peak = f32x4.max(peak, f32x4.abs(v));
    }
  }
  return max(
    max(f32x4.extract_lane(peak, 0), f32x4.extract_lane(peak, 1)),
    max(f32x4.extract_lane(peak, 2), f32x4.extract_lane(peak, 3)),
  );
}
`;

/** How four values of a snapshot are read and written in each format; `s` is the scale, or its inverse. */
const FORMATS = {
  i16: {
    bytes: 8,
    read: "f32x4.mul(f32x4.convert_i32x4_s(v128.load_ext<i16>(w)), s)",
    write: "v128.store64_lane(w, narrow(f32x4.mul(v128.load(d), s)), 0)",
  },
  f16: {
    bytes: 8,
    read: "f32x4.mul(fromHalf(v128.load_ext<u16>(w)), s)",
    write: "v128.store64_lane(w, toHalf(f32x4.mul(v128.load(d), s)), 0)",
  },
  f32: { bytes: 16, read: "v128.load(w)", write: "v128.store(w, v128.load(d))" },
};

/** The loops that keep and use snapshots of a format. */
function snapshotSource(type: keyof typeof FORMATS): string {
  const { bytes, read, write } = FORMATS[type];
  return `
// w = d / scale
export function keep_${type}(d: usize, w: usize, bytes: usize, inverse: f32): void {
  const s = f32x4.splat(inverse);
  for (const end = d + bytes; d < end; d += 16, w += ${bytes}) ${write};
}

// p -= g w
export function scatter_${type}(p: usize, g: usize, w: usize, scale: f32, rows: i32, width: usize, stride: usize): void {
  const s = f32x4.splat(scale);
  for (let z = 0; z < rows; z++) {
    for (let o: usize = <usize>z * stride, end = o + width; o < end; o += 16, g += 16, w += ${bytes}) {
      v128.store(p + o, f32x4.sub(v128.load(p + o), f32x4.mul(v128.load(g), ${read})));
    }
  }
}

// image += w u
export function correlate_${type}(u: usize, image: usize, w: usize, scale: f32, rows: i32, width: usize, stride: usize): void {
  const s = f32x4.splat(scale);
  for (let z = 0; z < rows; z++) {
    for (let o: usize = <usize>z * stride, end = o + width; o < end; o += 16, image += 16, w += ${bytes}) {
      v128.store(image, f32x4.add(v128.load(image), f32x4.mul(v128.load(u + o), ${read})));
    }
  }
}
`;
}

/** Sparse points: byte offsets and weights, by rows where there are several (\`starts\`). */
const POINTS = `
// @ts-ignore: decorator
@inline function narrow(v: v128): v128 {
  const i = i32x4.trunc_sat_f32x4_s(f32x4.nearest(v));
  return i16x8.narrow_i32x4_s(i, i);
}

// IEEE halves in 32-bit lanes to floats; subnormal ones, 2^-29 of a snapshot's largest value, are taken as 0
// @ts-ignore: decorator
@inline function fromHalf(h: v128): v128 {
  const magnitude = v128.and(h, i32x4.splat(0x7fff));
  const bits = i32x4.add(i32x4.shl(magnitude, 13), i32x4.splat(112 << 23));
  const sign = i32x4.shl(v128.and(h, i32x4.splat(0x8000)), 16);
  return v128.or(sign, v128.and(bits, i32x4.gt_s(magnitude, i32x4.splat(0x3ff))));
}

// the reverse, rounded to the nearest even half
// @ts-ignore: decorator
@inline function toHalf(v: v128): v128 {
  const magnitude = v128.and(v, i32x4.splat(0x7fffffff));
  const odd = v128.and(i32x4.shr_u(magnitude, 13), i32x4.splat(1));
  const rounded = i32x4.shr_s(i32x4.add(i32x4.add(i32x4.sub(magnitude, i32x4.splat(112 << 23)), i32x4.splat(0xfff)), odd), 13);
  const normal = v128.and(rounded, i32x4.gt_s(rounded, i32x4.splat(0x3ff)));
  const half = v128.or(normal, v128.and(i32x4.shr_u(v, 16), i32x4.splat(0x8000)));
  return i16x8.narrow_i32x4_u(half, half);
}

// p += value s
export function inject(p: usize, offsets: usize, weights: usize, count: i32, value: f32): void {
  for (let i = 0; i < count; i++) {
    const cell = p + load<u32>(offsets + 4 * i);
    store<f32>(cell, load<f32>(cell) + value * load<f32>(weights + 4 * i));
  }
}

// traces[r] = sum of u at the points of row r, one trace every \`stride\` bytes
export function record(u: usize, starts: usize, offsets: usize, weights: usize, rows: i32, trace: usize, stride: usize): void {
  for (let r = 0; r < rows; r++, trace += stride) {
    let sum: f32 = 0;
    for (let i = load<i32>(starts + 4 * r), end = load<i32>(starts + 4 * r + 4); i < end; i++) {
      sum += load<f32>(weights + 4 * i) * load<f32>(u + load<u32>(offsets + 4 * i));
    }
    store<f32>(trace, sum);
  }
}

// p += the traces at the points of their rows
export function injectTraces(p: usize, starts: usize, offsets: usize, weights: usize, rows: i32, trace: usize, stride: usize): void {
  for (let r = 0; r < rows; r++, trace += stride) {
    const start = load<i32>(starts + 4 * r), count = load<i32>(starts + 4 * r + 4) - start;
    inject(p, offsets + 4 * start, weights + 4 * start, count, load<f32>(trace));
  }
}
`;

/**
 * AssemblyScript source of the convolution that makes explicit matrices, for sixteen receivers at a time: see
 * `green_convolution.ts`. All zeros before the first arrivals are left out.
 */
export const CONVOLUTION_SOURCE = `
// @ts-ignore: decorator
@inline function madd(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c);
}

// out[r, t] = factor sum over j >= 0 of w[j] g[times[t] - j every, r], sums below tiny as 0; g [samples, receivers],
// receivers a multiple of 16
export function convolve(
  w: usize, g: usize, times: usize, out: usize,
  samples: i32, receivers: i32, count: i32, every: i32, factor: f32, tiny: f32,
): void {
  const scale = f32x4.splat(factor), least = f32x4.splat(tiny);
  const stride: usize = <usize>receivers << 2, back: usize = <usize>every * stride, column: usize = <usize>count << 2;
  let ahead = 0;
  while (ahead * every < samples && load<f32>(w + (<usize>ahead << 2)) == 0) ahead++;
  for (let r = 0; r < receivers; r += 16, g += 64) {
    const first = firstArrival(g, stride, samples);
    for (let t = 0; t < count; t++, out += 4) {
      let delay = load<i32>(times + (<usize>t << 2)) - ahead * every;
      let p = g + <usize>delay * stride, q = w + (<usize>ahead << 2);
      let a = f32x4.splat(0), b = a, c = a, d = a;
      for (; delay >= first; delay -= every, p -= back, q += 4) {
        const s = v128.load32_splat(q);
        a = madd(s, v128.load(p), a);
        b = madd(s, v128.load(p, 16), b);
        c = madd(s, v128.load(p, 32), c);
        d = madd(s, v128.load(p, 48), d);
      }
      scatter(flushed(a, scale, least), out, column);
      scatter(flushed(b, scale, least), out + 4 * column, column);
      scatter(flushed(c, scale, least), out + 8 * column, column);
      scatter(flushed(d, scale, least), out + 12 * column, column);
    }
    out += 15 * column;
  }
}

// @ts-ignore: decorator
@inline function flushed(v: v128, scale: v128, least: v128): v128 {
  return v128.andnot(f32x4.mul(scale, v), f32x4.lt(f32x4.abs(v), least));
}

// the first row in which one of sixteen columns is not 0
function firstArrival(g: usize, stride: usize, samples: i32): i32 {
  let n = 0;
  for (; n < samples; n++, g += stride) {
    const any = v128.or(v128.or(v128.load(g), v128.load(g, 16)), v128.or(v128.load(g, 32), v128.load(g, 48)));
    if (v128.any_true(any)) break;
  }
  return n;
}

// @ts-ignore: decorator
@inline function scatter(v: v128, out: usize, column: usize): void {
  store<f32>(out, f32x4.extract_lane(v, 0));
  store<f32>(out + column, f32x4.extract_lane(v, 1));
  store<f32>(out + 2 * column, f32x4.extract_lane(v, 2));
  store<f32>(out + 3 * column, f32x4.extract_lane(v, 3));
}
`;
