import { fold, type Key, normals64, uniforms } from "../../../core/base/random.ts";
import { countWithin, type Range, smoothField, within } from "./draws.ts";

export interface LayerParameters {
  readonly thickness: Range;
  readonly contrast: Range;
  readonly fading: Range;
  readonly channels: { readonly count: Range; readonly width: Range; readonly depth: Range };
}

/** Sum of the reflection coefficients, up to a factor, between two depositional depths `from < to` at x. */
export type Reflectivity = (x: number, from: number, to: number) => number;

/** Intervals per cell: layer boundaries are placed that finely. */
export const FINE = 4;

/** Reflectivity inside of a channel's fill, as a fraction of that outside. */
const FILL = 0.2;

/** The reflectors of one package: a sequence of layers, cut by channels, its reflections fading along x. */
export function drawLayers(
  parameters: LayerParameters,
  { key, shape: [nz, nx] }: { key: Key; shape: readonly [number, number] },
): Reflectivity {
  // Deformation moves layers in from above and below: the pile reaches from -2 nz to 3 nz.
  const above = 2 * nz * FINE, length = 5 * nz * FINE, spikes = drawSpikes(parameters, { key, length });
  const fading = within(parameters.fading, { key, name: "fading" });
  const field = smoothField(fold(key, "fading field"), [6, 16]);
  const indexOf = (depth: number) => Math.min(length, Math.max(0, Math.floor(depth * FINE) + above));
  const channels = drawChannels(parameters.channels, { key: fold(key, "channels"), shape: [nz, nx] });
  return (x, from, to) => {
    let sum = 0;
    for (let i = indexOf(from); i < indexOf(to); i++) sum += spikes[i];
    for (const { top, base, coefficient } of channels) {
      const bottom = base(x);
      if (from >= top && from < bottom) sum *= FILL;
      if (bottom > top && from < bottom && to >= bottom) return coefficient;
    }
    return sum === 0 ? 0 : sum * (1 + fading * field(from, x));
  };
}

/**
 * Boundaries of layers of random thickness, at least 0.3 of the mean, with normal coefficients times a log-normal
 * brightness of the boundary and of its zone: `contrast`, its standard deviation, sets the tails.
 */
function drawSpikes(
  { thickness, contrast }: LayerParameters,
  { key, length }: { key: Key; length: number },
): Float64Array {
  const mean = within(thickness, { key, name: "thickness" }) * FINE;
  const spread = within(contrast, { key, name: "contrast" });
  const count = Math.ceil(length / (0.3 * mean));
  const gaps = uniforms(fold(key, "gaps"), count), coefficients = normals64(fold(key, "coefficients"), count);
  const brightness = normals64(fold(key, "brightness"), count);
  const zones = smoothField(fold(key, "zones"), [16 * FINE, 1]);
  const spikes = new Float64Array(length);
  for (let i = 0, at = 0; i < count && at < length; i++) {
    const bright = Math.exp(spread * (brightness[i] + zones(at, 0)) / Math.SQRT2);
    spikes[Math.floor(at)] += coefficients[i] * bright;
    at += mean * (0.3 - 0.7 * Math.log(gaps[i]));
  }
  return spikes;
}

/** Lens-shaped channels: flat on top, parabolic below, of one bright base and a dim fill. */
function drawChannels(
  { count, width, depth }: LayerParameters["channels"],
  { key, shape: [nz, nx] }: { key: Key; shape: readonly [number, number] },
) {
  return Array.from({ length: countWithin(count, { key, name: "count" }) }, (_, i) => {
    const layerKey = fold(key, i);
    const half = within(width, { key: layerKey, name: "width" }) / 2,
      deep = within(depth, { key: layerKey, name: "depth" });
    const centre = within([0, nx], { key: layerKey, name: "x" }),
      top = within([0, nz], { key: layerKey, name: "top" });
    const coefficient = 2 * normals64(fold(layerKey, "coefficient"), 1)[0];
    return { top, coefficient, base: (x: number) => top + deep * (1 - ((x - centre) / half) ** 2) };
  });
}
