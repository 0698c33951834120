import FFT from "fft.js";
import type { Vector } from "../contracts/vector.ts";

/** Length of the transform for traces of `n` samples: the next power of two that leaves as much padding as trace. */
export function paddedLength(n: number): number {
  return 2 ** Math.ceil(Math.log2(2 * n));
}

/**
 * Traces [traces, samples] through a zero-phase filter: zero-padded, multiplied by a real `gain` at each frequency,
 * cropped. As `P^T F^-1 G F P` it is a symmetric matrix. `gain` has the padded length N, a power of two, with
 * `gain[N - k] = gain[k]`.
 */
export function filterTraces(
  traces: Vector,
  { samples, gain }: { samples: number; gain: Float64Array },
): Vector {
  const out = traces.slice();
  throughSpectrum(traces, out, {
    samples,
    N: gain.length,
    multiply(spectrum) {
      for (let k = 0; k < gain.length; k++) {
        spectrum[2 * k] *= gain[k];
        spectrum[2 * k + 1] *= gain[k];
      }
    },
  });
  return out;
}

/**
 * Zero-padded traces to the N frequencies, multiplied there, and back to `out`. The filter is real in time, so two
 * real traces travel as the real and imaginary part of one complex one.
 */
function throughSpectrum(
  traces: Vector,
  out: Vector,
  { samples, N, multiply }: { samples: number; N: number; multiply(spectrum: Float64Array): void },
): void {
  const fft = new FFT(N), time = new Float64Array(2 * N), spectrum = new Float64Array(2 * N);
  for (let at = 0; at < traces.length; at += 2 * samples) {
    const paired = at + samples < traces.length;
    time.fill(0);
    for (let n = 0; n < samples; n++) {
      time[2 * n] = traces[at + n];
      if (paired) time[2 * n + 1] = traces[at + samples + n];
    }
    fft.transform(spectrum, time);
    multiply(spectrum);
    fft.inverseTransform(time, spectrum);
    for (let n = 0; n < samples; n++) {
      out[at + n] = time[2 * n];
      if (paired) out[at + samples + n] = time[2 * n + 1];
    }
  }
}

/** `|F w|^2` of a real sequence at the `N` frequencies of a transform of length N, a power of two. */
export function powerSpectrum(w: Float64Array, N: number): Float64Array {
  const fft = new FFT(N), spectrum = new Float64Array(2 * N), padded = new Float64Array(N);
  padded.set(w.subarray(0, N));
  fft.realTransform(spectrum, padded);
  fft.completeSpectrum(spectrum);
  return Float64Array.from({ length: N }, (_, k) => spectrum[2 * k] ** 2 + spectrum[2 * k + 1] ** 2);
}

/** `F^-1` of complex spectra, interleaved [N, 2], as the real and the imaginary sequence. */
export function inverseTransform(
  N: number,
): (spectrum: Float64Array) => { re: Float64Array; im: Float64Array } {
  const fft = new FFT(N), time = new Float64Array(2 * N);
  return (spectrum) => {
    fft.inverseTransform(time, spectrum);
    const re = new Float64Array(N), im = new Float64Array(N);
    for (let n = 0; n < N; n++) {
      re[n] = time[2 * n];
      im[n] = time[2 * n + 1];
    }
    return { re, im };
  };
}

/** A real spectrum of images, flat [rows, columns], each a power of two. */
export interface ImageSpectrum {
  readonly values: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/** Height and width of images. */
export interface Extent {
  readonly height: number;
  readonly width: number;
}

/**
 * Mean of `|F x|^2 / (height width)` over zero-padded images, flat [n, height, width], and their mirror images: the
 * spectrum of a stationary covariance.
 */
export function meanSpectrum(images: Float32Array, extent: Extent): ImageSpectrum {
  return meanCrossSpectrum(images, images, extent);
}

/** Mean of the real part of `F x conj(F y) / (height width)`, as {@link meanSpectrum} takes it, over pairs of images. */
export function meanCrossSpectrum(
  x: Float32Array,
  y: Float32Array,
  { height, width }: Extent,
): ImageSpectrum {
  const rows = paddedLength(height), columns = paddedLength(width), size = height * width;
  const sum = new Float64Array(rows * columns), count = x.length / size;
  const transformed = (images: Float32Array, i: number) => {
    const field = new Float64Array(2 * rows * columns);
    for (let k = 0; k < size; k++) {
      field[2 * (Math.floor(k / width) * columns + k % width)] = images[i * size + k];
    }
    return transformImage(field, { rows, columns });
  };
  for (let i = 0; i < count; i++) {
    const f = transformed(x, i), g = x === y ? f : transformed(y, i);
    for (let k = 0; k < sum.length; k++) {
      sum[k] += (f[2 * k] * g[2 * k] + f[2 * k + 1] * g[2 * k + 1]) / (count * size);
    }
  }
  const mirrored = sum.map((v, k) => {
    const row = Math.floor(k / columns), column = k % columns;
    return (v + sum[row * columns + (columns - column) % columns]) / 2;
  });
  return { values: mirrored, rows, columns };
}

/** The covariance of a stationary field with a spectrum, at lags from 0 to half of its sides. */
export function autocovariance(
  { values, rows, columns }: ImageSpectrum,
): { at(dz: number, dx: number): number } {
  const field = new Float64Array(2 * values.length);
  values.forEach((v, k) => field[2 * k] = v);
  // The spectrum is real and even: its inverse transform is its transform over the number of its values.
  const f = transformImage(field, { rows, columns });
  return { at: (dz, dx) => f[2 * (dz * columns + dx)] / values.length };
}

/**
 * A spectrum averaged over neighbouring wavenumbers: the autocovariance is weighted by a triangle of `reach` lags on
 * either side (Bartlett 1950), whose transform is positive, so that no value becomes negative.
 */
export function smoothedSpectrum({ values, rows, columns }: ImageSpectrum, reach: number): ImageSpectrum {
  const field = new Float64Array(2 * values.length);
  values.forEach((v, k) => field[2 * k] = v);
  const lags = transformImage(field, { rows, columns });
  const weight = (lag: number, side: number) => Math.max(0, 1 - Math.min(lag, side - lag) / reach);
  for (let k = 0; k < values.length; k++) {
    const w = weight(Math.floor(k / columns), rows) * weight(k % columns, columns) / values.length;
    lags[2 * k] *= w;
    lags[2 * k + 1] *= w;
  }
  // The autocovariance is real and even, as the spectrum is.
  const smooth = transformImage(lags, { rows, columns });
  return { values: values.map((_, k) => smooth[2 * k]), rows, columns };
}

/**
 * An image [height, width] through a zero-phase filter: zero-padded, multiplied by the real and even `gain` at each
 * wavenumber, cropped. The same padding as that of {@link meanSpectrum}.
 */
export function filterImage(
  image: Vector,
  { height, width, gain: { values, rows, columns } }: Extent & { gain: ImageSpectrum },
): Float64Array {
  const field = new Float64Array(2 * rows * columns), size = height * width;
  const at = (k: number) => 2 * (Math.floor(k / width) * columns + k % width);
  for (let k = 0; k < size; k++) field[at(k)] = image[k];
  const spectrum = transformImage(field, { rows, columns });
  values.forEach((g, k) => {
    spectrum[2 * k] *= g / values.length;
    spectrum[2 * k + 1] *= -g / values.length; // F^-1 is the conjugate of F of the conjugate
  });
  const filtered = transformImage(spectrum, { rows, columns });
  return Float64Array.from({ length: size }, (_, k) => filtered[at(k)]);
}

/** `F` of a complex image, interleaved [rows, columns, 2], rows first and then columns. */
function transformImage(
  field: Float64Array,
  { rows, columns }: { rows: number; columns: number },
): Float64Array {
  const out = new Float64Array(field.length), along = new FFT(columns), down = new FFT(rows);
  const row = new Float64Array(2 * columns), column = new Float64Array(2 * rows);
  const spectrum = new Float64Array(2 * rows);
  for (let r = 0; r < rows; r++) {
    along.transform(row, field.subarray(2 * r * columns, 2 * (r + 1) * columns));
    out.set(row, 2 * r * columns);
  }
  for (let c = 0; c < columns; c++) {
    for (let r = 0; r < rows; r++) {
      column[2 * r] = out[2 * (r * columns + c)];
      column[2 * r + 1] = out[2 * (r * columns + c) + 1];
    }
    down.transform(spectrum, column);
    for (let r = 0; r < rows; r++) {
      out[2 * (r * columns + c)] = spectrum[2 * r];
      out[2 * (r * columns + c) + 1] = spectrum[2 * r + 1];
    }
  }
  return out;
}
