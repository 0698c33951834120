import * as tf from "@tensorflow/tfjs";
import { addressOf, type KernelCall, type Kernels, replaceKernel, withScratch } from "./backend.ts";
import { sizeOf } from "../../base/shape.ts";

type Run = (call: KernelCall) => tf.TensorInfo | undefined;

/** Registers convolution (with bias and ReLU) and its gradients, for stride 1. */
export function registerConvolutions(k: Kernels): void {
  const forward: Run = (call) => convolution(k, call);
  replaceKernel("Conv2D", forward);
  replaceKernel("FusedConv2D", forward);
  replaceKernel("Conv2DBackpropInput", (call) => inputGradient(k, call));
  replaceKernel("Conv2DBackpropFilter", (call) => filterGradient(k, call));
}

/** Sizes of a stride-1 convolution; a 1 x 1 kernel sees all pixels of the batch as one row. */
interface Geometry {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly kh: number;
  readonly kw: number;
  readonly top: number;
  readonly left: number;
}

/** Undefined where the convolution is not of the kind that these kernels do. */
function geometryOf(
  inputShape: readonly number[],
  filterShape: readonly number[],
  { strides, pad, dilations = 1, dataFormat = "NHWC" }: KernelCall["attrs"],
): Geometry | undefined {
  const [n, h, w] = inputShape, [kh, kw] = filterShape;
  const unit = (v: number | number[]) => [v].flat().every((s) => s === 1);
  if (!unit(strides) || !unit(dilations) || pad !== "same" || dataFormat !== "NHWC") return undefined;
  if (kh === 1 && kw === 1) return { n: 1, h: 1, w: n * h * w, kh, kw, top: 0, left: 0 };
  return { n, h, w, kh, kw, top: (kh - 1) >> 1, left: (kw - 1) >> 1 };
}

/** Elements of one sample with its border of zeros. */
function paddedSize({ h, w, kh, kw }: Geometry, channels: number): number {
  return kh === 1 && kw === 1 ? 1 : (h + kh - 1) * (w + kw - 1) * channels;
}

const padTo4 = (channels: number) => 4 * Math.ceil(channels / 4);

/** Elements of the packed weights and biases. */
function packedSize(taps: number, inputs: number, outputs: number): number {
  return (taps * inputs + 1) * padTo4(outputs);
}

function convolution(k: Kernels, { inputs, attrs, backend }: KernelCall): tf.TensorInfo | undefined {
  const { x, filter, bias } = inputs, [kh, kw, ci, co] = filter.shape;
  const geometry = geometryOf(x.shape, filter.shape, attrs);
  const relu = attrs.activation === "relu", plain = !attrs.activation || attrs.activation === "linear";
  if (!geometry || !(relu || plain) || (bias && sizeOf(bias) !== co)) return undefined;
  const taps = kh * kw, pack = [taps, ci, co, ci * co, co, 1];
  const out = backend.makeOutput([...x.shape.slice(0, 3), co], "float32");
  return withScratch(backend, packedSize(taps, ci, co), (packed) => {
    const [source, weights] = [addressOf(backend, x), addressOf(backend, filter)];
    k.packWeights(weights, bias ? addressOf(backend, bias) : 0, packed, ...pack);
    const { n, h, w, top, left } = geometry;
    withScratch(backend, paddedSize(geometry, ci), (padded) => {
      const target = addressOf(backend, out);
      k.convolve(source, packed, target, padded, n, h, w, ci, co, kh, kw, top, left, Number(relu));
    });
    return out;
  });
}

/** A convolution of dy with the filter reversed along both kernel axes and transposed in channels. */
function inputGradient(k: Kernels, { inputs: { dy, filter }, attrs, backend }: KernelCall): tf.TensorInfo {
  const [kh, kw, ci, co] = filter.shape;
  const geometry = required(geometryOf(attrs.inputShape, filter.shape, attrs));
  const taps = kh * kw, last = (taps - 1) * ci * co, pack = [taps, co, ci, -ci * co, 1, co];
  const out = backend.makeOutput(attrs.inputShape, "float32");
  return withScratch(backend, packedSize(taps, co, ci), (packed) => {
    k.packWeights(addressOf(backend, filter) + 4 * last, 0, packed, ...pack);
    const { n, h, w, top, left } = geometry;
    withScratch(backend, paddedSize(geometry, co), (padded) => {
      const [source, target] = [addressOf(backend, dy), addressOf(backend, out)];
      k.convolve(source, packed, target, padded, n, h, w, co, ci, kh, kw, kh - 1 - top, kw - 1 - left, 0);
    });
    return out;
  });
}

function filterGradient(k: Kernels, { inputs: { x, dy }, attrs, backend }: KernelCall): tf.TensorInfo {
  const [kh, kw, ci, co] = attrs.filterShape as number[], width = padTo4(co);
  const { n, h, w, top, left } = required(geometryOf(x.shape, attrs.filterShape, attrs));
  const size = [n, h, w, ci, width, kh, kw, top, left];
  const out = backend.makeOutput(attrs.filterShape, "float32");
  const padded = paddedSize({ n, h, w, kh, kw, top, left }, ci);
  const run = (dyAt: number, target: number) =>
    withScratch(
      backend,
      padded,
      (scratch) => k.filterGradient(addressOf(backend, x), dyAt, target, scratch, ...size),
    );
  if (width === co) run(addressOf(backend, dy), addressOf(backend, out));
  else {
    const pixels = n * h * w, rows = kh * kw * ci;
    withScratch(backend, (pixels + rows) * width, (wide) => {
      const target = wide + 4 * pixels * width;
      // The columns beyond co hold whatever the heap held: their products stay in columns that are dropped.
      k.copyColumns(addressOf(backend, dy), wide, pixels, co, 0, width, 0, co);
      run(wide, target);
      k.copyColumns(target, addressOf(backend, out), rows, width, 0, co, 0, co);
    });
  }
  return out;
}

function required(geometry: Geometry | undefined): Geometry {
  if (geometry) return geometry;
  throw new Error(
    "Cannot take a convolution's gradient on the wasm engine: it must have stride 1 and 'same' padding.",
  );
}
