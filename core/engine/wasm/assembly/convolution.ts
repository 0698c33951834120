// AssemblyScript on the heap of tfjs's wasm backend; pointers are byte addresses, tensors f32 and channels last.
import { padSample } from "./common";
import { pixel, tile4x8, tile8x4 } from "./tiles";

/**
 * Weights in the order of use: per block of 8 outputs (or 4, the last one), first the bias, then the outputs of
 * every tap and input channel, zeros beyond `outputs`. Strides are in elements; `bias` 0 is none.
 */
export function packWeights(
  filter: usize,
  bias: usize,
  out: usize,
  taps: i32,
  inputs: i32,
  outputs: i32,
  tapStride: i32,
  inputStride: i32,
  outputStride: i32,
): void {
  for (let o = 0; o < outputs; o += 8) {
    const width = outputs - o > 4 ? 8 : 4, filled = min(width, outputs - o);
    memory.fill(out, 0, <usize> ((taps * inputs + 1) * width) << 2);
    if (bias) memory.copy(out, bias + (<usize> o << 2), <usize> filled << 2);
    out += <usize> width << 2;
    for (let t = 0; t < taps; t++) {
      for (let i = 0; i < inputs; i++) {
        const from = t * tapStride + i * inputStride + o * outputStride;
        for (let j = 0; j < filled; j++) {
          store<f32>(out + (<usize> j << 2), load<f32>(filter + (<isize> (from + j * outputStride) << 2)));
        }
        out += <usize> width << 2;
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
  input: usize,
  packed: usize,
  out: usize,
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
  relu: i32,
): void {
  const pointwise = kh == 1 && kw == 1, k = kw * ci;
  const step: usize = <usize> ci << 2,
    rowStep: usize = <usize> ((w + kw - 1) * ci) << 2,
    outStep: usize = <usize> co << 2;
  const outRow: usize = <usize> w * outStep, sample: usize = <usize> (h * w) * step;
  for (let b = 0; b < n; b++) {
    let row = pointwise ? input : scratch;
    if (!pointwise) padSample(input, scratch, h, w, ci, kh, kw, top, left);
    for (let y = 0; y < h; y++) {
      let weights = packed;
      for (let o = 0; o < co; o += 8) {
        const width = co - o > 4 ? 8 : 4, filled = min(width, co - o);
        convolveRow(
          row,
          step,
          rowStep,
          weights,
          width,
          kh,
          k,
          out + (<usize> o << 2),
          outStep,
          w,
          filled,
          relu,
        );
        weights += <usize> ((kh * k + 1) * width) << 2;
      }
      row += rowStep;
      out += outRow;
    }
    input += sample;
  }
}

/** One row of `w` pixels, one block of outputs. The last tile overlaps the one before it where w does not divide. */
function convolveRow(
  x: usize,
  step: usize,
  rowStep: usize,
  weights: usize,
  width: i32,
  kh: i32,
  k: i32,
  out: usize,
  outStep: usize,
  w: i32,
  filled: i32,
  relu: i32,
): void {
  const tile = width == 8 ? 4 : 8;
  if (w < tile) {
    for (let i = 0; i < w; i++) {
      const p: usize = x + <usize> i * step, q: usize = out + <usize> i * outStep;
      pixel(p, rowStep, weights, width, kh, k, q, min(filled, 4), relu);
      if (filled > 4) pixel(p, rowStep, weights + 16, width, kh, k, q + 16, filled - 4, relu);
    }
    return;
  }
  for (let i = 0; i < w; i += tile) {
    const from = <usize> min(i, w - tile);
    if (width == 8) {
      tile4x8(x + from * step, step, rowStep, weights, kh, k, out + from * outStep, outStep, filled, relu);
    } else {tile8x4(
        x + from * step,
        step,
        rowStep,
        weights,
        kh,
        k,
        out + from * outStep,
        outStep,
        filled,
        relu,
      );}
  }
}
