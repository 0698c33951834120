import { fold, type Key, normals64 } from "../base/random.ts";
import { neighbours, raisedCosines } from "./bands.ts";
import { type Extent, type ImageSpectrum, transformImage } from "./fft.ts";

/** Overlapping windows of an image, row by row. */
export interface Windows extends Extent {
  /** Weights of each window in an interpolation between the windows' centres, [windows][cells]; they sum to 1. */
  readonly weights: readonly Float64Array[];
  /** What an image is multiplied by before the transform, [windows][cells]. */
  readonly tapers: readonly Float64Array[];
}

/**
 * `down` x `across` windows whose centres divide the image evenly. Each reaches to the centres of its neighbours, as
 * a raised cosine, or to the edge of the image.
 */
export function windowsOf(
  { height, width }: Extent,
  { down, across }: { down: number; across: number },
): Windows {
  const along = (length: number, count: number, shape: typeof neighbours) => {
    const centres = Array.from({ length: count }, (_, i) => (i + 0.5) * length / count - 0.5);
    return Array.from({ length }, (_, at) => shape(centres, at));
  };
  const fields = (shape: typeof neighbours) => {
    const z = along(height, down, shape), x = along(width, across, shape);
    return Array.from({ length: down * across }, (_, w) => {
      const row = Math.floor(w / across), column = w % across;
      return Float64Array.from(
        { length: height * width },
        (_, i) => z[Math.floor(i / width)][row] * x[i % width][column],
      );
    });
  };
  return { height, width, weights: fields(neighbours), tapers: fields(raisedCosines) };
}

/**
 * The transform of a window: its sides are the next powers of two, `bins` its wavenumbers without their negatives, and
 * `negatives` the element of each one's negative.
 */
export function windowTransform({ height, width }: Extent) {
  const power = (n: number) => 2 ** Math.ceil(Math.log2(n)), rows = power(height), columns = power(width);
  const negative = (k: number) =>
    (rows - Math.floor(k / columns)) % rows * columns + (columns - k % columns) % columns;
  const bins = Uint32Array.from({ length: rows * columns }, (_, k) => k).filter((k) => k <= negative(k));
  return { rows, columns, bins, negatives: bins.map(negative) };
}

/**
 * `|F t x|^2 / |t|^2` of images x, flat [n, height, width], under a taper t, flat [n, bins]. Two real images travel as
 * the real and the imaginary part of one.
 */
export function periodograms(
  images: ArrayLike<number>,
  { height, width, taper }: Extent & { taper: Float64Array },
): Float64Array {
  const { rows, columns, bins, negatives } = windowTransform({ height, width }), size = height * width;
  const n = images.length / size, out = new Float64Array(n * bins.length);
  const energy = taper.reduce((sum, t) => sum + t * t, 0);
  for (let i = 0; i < n; i += 2) {
    const field = new Float64Array(2 * rows * columns), paired = i + 1 < n;
    for (let k = 0; k < size; k++) {
      const at = 2 * (Math.floor(k / width) * columns + k % width);
      field[at] = taper[k] * images[i * size + k];
      if (paired) field[at + 1] = taper[k] * images[(i + 1) * size + k];
    }
    const f = transformImage(field, { rows, columns });
    for (let q = 0; q < bins.length; q++) {
      const k = 2 * bins[q], back = 2 * negatives[q];
      const [a, b, c, d] = [f[k], f[k + 1], f[back], f[back + 1]];
      out[i * bins.length + q] = ((a + c) ** 2 + (b - d) ** 2) / (4 * energy);
      if (paired) out[(i + 1) * bins.length + q] = ((b + d) ** 2 + (a - c) ** 2) / (4 * energy);
    }
  }
  return out;
}

/** Number of independent values that a taper leaves of as many as it has: `(sum t^2)^2 / sum t^4`. */
export function effectiveSize(taper: Float64Array): number {
  let second = 0, fourth = 0;
  for (const t of taper) {
    second += t ** 2;
    fourth += t ** 4;
  }
  return second ** 2 / fourth;
}

/**
 * Draws of a stationary Gaussian field of a real even spectrum, cut from the torus of its transform (Dietrich and
 * Newsam 1997, SIAM J. Sci. Comput. 18(4)), flat [n, height, width]. The real and the imaginary part of one transform
 * are independent.
 */
export function stationaryDraws(
  { values, rows, columns }: ImageSpectrum,
  { height, width, n, key }: Extent & { n: number; key: Key },
): Float32Array {
  const bins = rows * columns, size = height * width, out = new Float32Array(n * size);
  const amplitude = values.map((v) => Math.sqrt(Math.max(v, 0) / bins));
  for (let i = 0; i < n; i += 2) {
    const field = normals64(fold(key, i), 2 * bins).map((z, k) => amplitude[k >> 1] * z);
    const f = transformImage(field, { rows, columns });
    for (let k = 0; k < size; k++) {
      const at = 2 * (Math.floor(k / width) * columns + k % width);
      out[i * size + k] = f[at];
      if (i + 1 < n) out[(i + 1) * size + k] = f[at + 1];
    }
  }
  return out;
}
