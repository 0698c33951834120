import type { FlowShapes } from "../contracts/flow.ts";
import type { Bounds } from "../contracts/problem.ts";
import type { Space } from "../contracts/vector.ts";
import { sizeOf } from "../base/shape.ts";
import { intoBox, logStretch, outOfBox } from "./probit.ts";

/** Training statistics that map unknowns and summaries to the flow's O(1) coordinates and back. */
export interface Standardization {
  /** The box of x where it has one: its components are mapped to the whole line first, see probit.ts. */
  readonly bounds?: Bounds;
  /**
   * Mean and scale of x, on the line where it is bounded: one value for images, one per component for vectors. Where
   * the summary gives moments of x, of the residual `(x - m) / std` from them.
   */
  readonly xMean: Float64Array;
  readonly xScale: Float64Array;
  /**
   * Mean and scale of the summary: one per row for images (illumination falls with depth), else per component; of
   * `m / std`, one value, where it gives moments.
   */
  readonly yMean: Float64Array;
  readonly yScale: Float64Array;
  readonly x: Space;
  readonly y: Space;
  readonly mask: Float32Array;
}

/**
 * `m` and `std` of a cell of some row, from summaries flat [rows, 2, size] that are moments; one row serves all. `std`
 * is 0 in muted cells; there it becomes 1.
 */
function momentsAt(y: Float32Array, size: number): Place {
  const rows = y.length / (2 * size);
  return (row, i) => {
    const at = (row % rows) * 2 * size + i;
    return { centre: y[at], scale: y[at + size] || 1 };
  };
}

/** Where a component of an unknown of some row is 0 to the flow, and what is 1 to it. */
type Place = (row: number, i: number) => { centre: number; scale: number };

/** By training statistics; or by the moments that summaries y give, with the residuals' own scale. */
function placeOf(s: Standardization, y: Float32Array): Place {
  const { xMean, xScale } = s;
  if (s.y.kind === "moments") {
    const at = momentsAt(y, sizeOf(s.x));
    return (row, i) => {
      const { centre, scale } = at(row, i);
      return { centre, scale: scale * xScale[0] };
    };
  }
  return (_row, i) => ({
    centre: xMean[xMean.length === 1 ? 0 : i],
    scale: xScale[xScale.length === 1 ? 0 : i],
  });
}

/** Statistics of training unknowns `x` [n, size] and summaries `y` [n, size]; muted cells do not count. */
export function fitStandardization(
  training: { x: Float32Array; y: Float32Array },
  spaces: { x: Space; y: Space; mask: Float32Array; bounds?: Bounds },
): Standardization {
  const { x, y, mask, bounds } = spaces;
  if (y.kind === "moments") return { ...residualStatistics(training, spaces), x, y, mask };
  const image = x.kind === "image", onLine = toLine({ x, bounds }, training.x);
  const all = moments(onLine, sizeOf(x), { groups: () => 0, count: 1, mask });
  const xStats = image
    ? { mean: Float64Array.of(0), scale: Float64Array.of(Math.hypot(all.mean[0], all.scale[0])) }
    : moments(onLine, sizeOf(x), { groups: (i) => i, count: sizeOf(x) });
  const width = y.kind === "image" ? y.shape[1] : 1;
  const yStats = moments(training.y, sizeOf(y), {
    groups: (i) => Math.floor(i / width),
    count: sizeOf(y) / width,
  });
  if (image) yStats.mean.fill(0);
  const statistics = { xMean: xStats.mean, xScale: xStats.scale, yMean: yStats.mean, yScale: yStats.scale };
  return { ...statistics, bounds, x, y, mask };
}

/** Root mean squares of the residuals `(x - m) / std`, and of `m / std`. */
function residualStatistics(
  training: { x: Float32Array; y: Float32Array },
  { x, mask }: { x: Space; mask: Float32Array },
) {
  const size = sizeOf(x), at = momentsAt(training.y, size);
  let residual = 0, context = 0, count = 0;
  training.x.forEach((v, k) => {
    const i = k % size, { centre, scale } = at(Math.floor(k / size), i);
    if (mask[i] === 0) return;
    residual += ((v - centre) / scale) ** 2;
    context += (centre / scale) ** 2;
    count++;
  });
  const rms = (sum: number) => Float64Array.of(Math.sqrt(sum / count));
  const zero = Float64Array.of(0);
  return { xMean: zero, xScale: rms(residual), yMean: zero, yScale: rms(context) };
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

/**
 * Shapes that the flow is built for. Here alone the layout follows from the kind of space: an image is [h, w, 1], any
 * other unknown a vector [d]. An image's context carries the summary, or `m / std`, and a depth channel.
 */
export function flowShapes({ x, y }: Pick<Standardization, "x" | "y">): FlowShapes {
  return x.kind === "image"
    ? { x: [...x.shape, 1], context: [...x.shape, 2] }
    : { x: [sizeOf(x)], context: [sizeOf(y)] };
}

/** Unknowns, flat [n, size], on the whole line. */
function toLine({ x: space, bounds }: Pick<Standardization, "x" | "bounds">, x: Float32Array): Float32Array {
  const size = sizeOf(space);
  return bounds ? x.map((v, k) => outOfBox(bounds, k % size, v)) : x;
}

/**
 * Unknowns, flat [n, size], to flow coordinates: standardized by training statistics, or by the moments that their
 * summaries y give, flat [n, ...y] or one for all.
 */
export function toFlow(s: Standardization, x: Float32Array, y: Float32Array): Float32Array {
  const size = sizeOf(s.x), place = placeOf(s, y);
  return toLine(s, x).map((v, k) => {
    const { centre, scale } = place(Math.floor(k / size), k % size);
    return (v - centre) / scale;
  });
}

/** Flow coordinates, flat [n, size], to unknowns, with their summaries as in {@link toFlow}; muted cells become 0. */
export function fromFlow(s: Standardization, u: Float32Array, y: Float32Array): Float32Array {
  const size = sizeOf(s.x), place = placeOf(s, y);
  return u.map((v, k) => {
    const i = k % size, { centre, scale } = place(Math.floor(k / size), i), r = v * scale + centre;
    return s.mask[i] * (s.bounds ? intoBox(s.bounds, i, r) : r);
  });
}

/** `log dx/du` of one component at r on the line. */
function logSlope(
  { bounds }: Standardization,
  i: number,
  { r, scale }: { r: number; scale: number },
): number {
  return Math.log(scale) + (bounds ? logStretch(bounds, i, r) : 0);
}

/**
 * `log|det|` of the derivative of {@link fromFlow} at flow coordinates u, flat [n, size], over all cells: what makes a
 * density of flow coordinates one of unknowns. One value per row, and the gradients in u.
 */
export function logVolume(
  s: Standardization,
  u: Float32Array,
  y: Float32Array,
): { values: Float64Array; gradients: Float32Array } {
  const size = sizeOf(s.x), place = placeOf(s, y);
  const values = new Float64Array(u.length / size), gradients = new Float32Array(u.length);
  for (let k = 0; k < u.length; k++) {
    const i = k % size, row = Math.floor(k / size), { centre, scale } = place(row, i);
    const r = u[k] * scale + centre;
    values[row] += logSlope(s, i, { r, scale });
    if (s.bounds) gradients[k] = -r * scale;
  }
  return { values, gradients };
}

/** A gradient in x to one in flow coordinates u of summaries y, by the transpose of the derivative of {@link fromFlow}. */
export function gradientToFlow(
  s: Standardization,
  g: Float32Array,
  { u, y }: { u: Float32Array; y: Float32Array },
): Float32Array {
  const size = sizeOf(s.x), place = placeOf(s, y);
  return g.map((v, k) => {
    const i = k % size, { centre, scale } = place(Math.floor(k / size), i);
    return s.mask[i] * v * Math.exp(logSlope(s, i, { r: u[k] * scale + centre, scale }));
  });
}

/** Summaries, flat [n, size], to the flow's context, flat [n, ...flowShapes.context]. */
export function toContext(s: Standardization, y: Float32Array): Float32Array {
  if (s.x.kind !== "image") {
    return y.map((v, k) => (v - s.yMean[k % s.yMean.length]) / s.yScale[k % s.yScale.length]);
  }
  const [height, width] = s.x.shape, cells = height * width, out = new Float32Array(2 * cells * rowsOf(s, y));
  const at = s.y.kind === "moments" ? momentsAt(y, cells) : undefined;
  for (let k = 0; k < out.length / 2; k++) {
    const row = Math.floor(k % cells / width), local = at?.(Math.floor(k / cells), k % cells);
    out[2 * k] = local ? local.centre / (local.scale * s.yScale[0]) : (y[k] - s.yMean[row]) / s.yScale[row];
    out[2 * k + 1] = height > 1 ? 2 * row / (height - 1) - 1 : 0;
  }
  return out;
}

function rowsOf(s: Standardization, y: Float32Array): number {
  return y.length / sizeOf(s.y);
}
