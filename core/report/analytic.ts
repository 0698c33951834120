import FFT from "fft.js";
import type { StoredArray } from "./run_folder.ts";

/**
 * Envelope `|a|` of a field [rows, columns] along each column, `a = x + i H(x)` the analytic signal and `H` the
 * Hilbert transform, by dropping negative frequencies (Marple 1999). Columns are padded to a power of two by zeros.
 */
export function envelope({ data, shape: [rows, columns] }: StoredArray): StoredArray {
  const size = 2 ** Math.max(1, Math.ceil(Math.log2(rows)));
  const fft = new FFT(size), out = new Float64Array(data.length);
  for (let c = 0; c < columns; c++) {
    const trace = fft.createComplexArray().fill(0);
    for (let r = 0; r < rows; r++) trace[2 * r] = data[r * columns + c];
    const spectrum = fft.createComplexArray(), signal = fft.createComplexArray();
    fft.transform(spectrum, trace);
    for (let k = 1; k < size; k++) {
      const weight = 2 * k < size ? 2 : 2 * k === size ? 1 : 0;
      spectrum[2 * k] *= weight;
      spectrum[2 * k + 1] *= weight;
    }
    fft.inverseTransform(signal, spectrum);
    for (let r = 0; r < rows; r++) out[r * columns + c] = Math.hypot(signal[2 * r], signal[2 * r + 1]);
  }
  return { data: out, shape: [rows, columns] };
}

/** Keeps the ratio finite where the image is weak. */
const FLOOR = 0.5;

/**
 * Normalised standard deviation `sigma |a| / (|a|^2 + 0.5)` of Siahkoohi et al. (2023), `a` the analytic signal of
 * the mean: uncertainty relative to the reflector's strength. Both are taken in units of the mean's RMS, so that
 * the constant means the same for every image.
 */
export function normalisedStd(std: StoredArray, mean: StoredArray): StoredArray {
  const rms = Math.sqrt(mean.data.reduce((s, v) => s + v * v, 0) / mean.data.length) || 1;
  const a = envelope(mean).data;
  const data = Float64Array.from(std.data, (sigma, i) => {
    const strength = a[i] / rms;
    return (sigma / rms) * strength / (strength ** 2 + FLOOR);
  });
  return { data, shape: std.shape };
}
