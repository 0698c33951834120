import type { FlowShapes } from "../contracts/flow.ts";
import type { Space } from "../contracts/vector.ts";
import { sizeOf } from "../linalg/mod.ts";

/** Training statistics that map unknowns and summaries to the flow's O(1) coordinates and back. */
export interface Standardization {
  /** Mean and scale of x: one value for images, one per component for vectors. */
  readonly xMean: Float64Array;
  readonly xScale: Float64Array;
  /** Mean and scale of the summary: one per row for images (illumination falls with depth), else per component. */
  readonly yMean: Float64Array;
  readonly yScale: Float64Array;
  readonly x: Space;
  readonly y: Space;
  readonly mask: Float32Array;
}

/** An unknown with two axes [z, x] is an image: flows see it as [h, w, channels]. */
export function isImage(space: Space): boolean {
  return space.shape.length === 2;
}

/** Statistics of training unknowns `x` [n, size] and summaries `y` [n, size]; muted cells do not count. */
export function fitStandardization(
  training: { x: Float32Array; y: Float32Array },
  spaces: { x: Space; y: Space; mask: Float32Array },
): Standardization {
  const { x, y, mask } = spaces;
  const image = isImage(x);
  const all = moments(training.x, sizeOf(x), { groups: () => 0, count: 1, mask });
  const xStats = image
    ? { mean: Float64Array.of(0), scale: Float64Array.of(Math.hypot(all.mean[0], all.scale[0])) }
    : moments(training.x, sizeOf(x), { groups: (i) => i, count: sizeOf(x) });
  const width = isImage(y) ? y.shape[1] : 1;
  const yStats = moments(training.y, sizeOf(y), {
    groups: (i) => Math.floor(i / width),
    count: sizeOf(y) / width,
  });
  if (image) yStats.mean.fill(0);
  return { xMean: xStats.mean, xScale: xStats.scale, yMean: yStats.mean, yScale: yStats.scale, x, y, mask };
}

/** Mean and standard deviation per group of components; groups that never vary get scale 1. */
function moments(
  values: Float32Array,
  size: number,
  { groups, count, mask }: { groups: (i: number) => number; count: number; mask?: Float32Array },
): { mean: Float64Array; scale: Float64Array } {
  const n = new Float64Array(count), mean = new Float64Array(count), square = new Float64Array(count);
  for (let k = 0; k < values.length; k++) {
    const i = k % size;
    if (mask && mask[i] === 0) continue;
    const g = groups(i);
    n[g]++;
    mean[g] += values[k];
    square[g] += values[k] * values[k];
  }
  const scale = new Float64Array(count);
  for (let g = 0; g < count; g++) {
    mean[g] /= Math.max(n[g], 1);
    scale[g] = Math.sqrt(Math.max(square[g] / Math.max(n[g], 1) - mean[g] ** 2, 0)) || 1;
  }
  return { mean, scale };
}

/** Shapes that the flow is built for: an image's context carries the summary and a depth channel. */
export function flowShapes({ x, y }: Pick<Standardization, "x" | "y">): FlowShapes {
  return isImage(x)
    ? { x: [...x.shape, 1], context: [...y.shape, 2] }
    : { x: [sizeOf(x)], context: [sizeOf(y)] };
}

/** Unknowns, flat [n, size], to flow coordinates. */
export function toFlow(s: Standardization, x: Float32Array): Float32Array {
  const size = sizeOf(s.x), per = s.xMean.length;
  return x.map((v, k) => {
    const g = per === 1 ? 0 : k % size;
    return (v - s.xMean[g]) / s.xScale[g];
  });
}

/** Flow coordinates, flat [n, size], to unknowns; muted cells become 0. */
export function fromFlow(s: Standardization, u: Float32Array): Float32Array {
  const size = sizeOf(s.x), per = s.xMean.length;
  return u.map((v, k) => {
    const i = k % size, g = per === 1 ? 0 : i;
    return s.mask[i] * (v * s.xScale[g] + s.xMean[g]);
  });
}

/** The transpose of {@link fromFlow}'s linear part: a gradient in x to a gradient in flow coordinates. */
export function gradientToFlow(s: Standardization, g: Float32Array): Float32Array {
  const size = sizeOf(s.x), per = s.xMean.length;
  return g.map((v, k) => {
    const i = k % size;
    return s.mask[i] * v * s.xScale[per === 1 ? 0 : i];
  });
}

/** Summaries, flat [n, size], to the flow's context, flat [n, ...flowShapes.context]. */
export function toContext(s: Standardization, y: Float32Array): Float32Array {
  const size = sizeOf(s.y);
  if (!isImage(s.x)) return y.map((v, k) => (v - s.yMean[k % size]) / s.yScale[k % size]);
  const [height, width] = s.y.shape;
  const out = new Float32Array(2 * y.length);
  for (let k = 0; k < y.length; k++) {
    const row = Math.floor((k % size) / width);
    out[2 * k] = (y[k] - s.yMean[row]) / s.yScale[row];
    out[2 * k + 1] = 2 * row / (height - 1) - 1;
  }
  return out;
}
