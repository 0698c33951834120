import FFT from "fft.js";
import type { Vector } from "../contracts/vector.ts";

/** Length of the transform for traces of `n` samples: the next power of two that leaves as much padding as trace. */
export function paddedLength(n: number): number {
  return 2 ** Math.ceil(Math.log2(2 * n));
}

/**
 * Traces [traces, samples] through a zero-phase filter: zero-padded, multiplied by a real `gain` at each of its
 * `gain.length / 2 + 1` frequencies from 0 to Nyquist, cropped. As `P^T F^-1 G F P` it is a symmetric matrix.
 * `gain` has the padded length N, a power of two, with `gain[N - k] = gain[k]`.
 */
export function filterTraces(
  traces: Vector,
  { samples, gain }: { samples: number; gain: Float64Array },
): Vector {
  const N = gain.length, fft = new FFT(N);
  const time = new Float64Array(2 * N), spectrum = new Float64Array(2 * N);
  const out = traces.slice();
  // The gain is real, so two real traces travel as the real and imaginary part of one complex one.
  for (let at = 0; at < traces.length; at += 2 * samples) {
    const paired = at + samples < traces.length;
    time.fill(0);
    for (let n = 0; n < samples; n++) {
      time[2 * n] = traces[at + n];
      if (paired) time[2 * n + 1] = traces[at + samples + n];
    }
    fft.transform(spectrum, time);
    for (let k = 0; k < N; k++) {
      spectrum[2 * k] *= gain[k];
      spectrum[2 * k + 1] *= gain[k];
    }
    fft.inverseTransform(time, spectrum);
    for (let n = 0; n < samples; n++) {
      out[at + n] = time[2 * n];
      if (paired) out[at + samples + n] = time[2 * n + 1];
    }
  }
  return out;
}

/** `|F w|^2` of a real sequence at the `N` frequencies of a transform of length N, a power of two. */
export function powerSpectrum(w: Float64Array, N: number): Float64Array {
  const fft = new FFT(N), spectrum = fft.createComplexArray(), padded = new Float64Array(N);
  padded.set(w.subarray(0, N));
  fft.realTransform(spectrum, padded);
  fft.completeSpectrum(spectrum);
  return Float64Array.from({ length: N }, (_, k) => spectrum[2 * k] ** 2 + spectrum[2 * k + 1] ** 2);
}

/** `F^-1` of a complex spectrum, interleaved [N, 2], as the real and the imaginary sequence. */
export function inverseTransform(spectrum: Float64Array): { re: Float64Array; im: Float64Array } {
  const N = spectrum.length / 2, time = new Float64Array(2 * N);
  new FFT(N).inverseTransform(time, spectrum);
  const part = (offset: number) => Float64Array.from({ length: N }, (_, n) => time[2 * n + offset]);
  return { re: part(0), im: part(1) };
}

/**
 * The first `samples` values of each trace's convolution with one kernel of as many values. The kernel is real,
 * so two traces travel as one complex one.
 */
export function convolveTraces(
  traces: Float32Array,
  { samples, kernel }: { samples: number; kernel: Float32Array },
): Float32Array {
  const N = paddedLength(samples), fft = new FFT(N);
  const time = new Float64Array(2 * N), spectrum = new Float64Array(2 * N), gain = new Float64Array(2 * N);
  kernel.forEach((v, n) => time[2 * n] = v);
  fft.transform(gain, time);
  const out = new Float32Array(traces.length);
  for (let at = 0; at < traces.length; at += 2 * samples) {
    const paired = at + samples < traces.length;
    time.fill(0);
    for (let n = 0; n < samples; n++) {
      time[2 * n] = traces[at + n];
      if (paired) time[2 * n + 1] = traces[at + samples + n];
    }
    fft.transform(spectrum, time);
    for (let k = 0; k < N; k++) {
      const re = spectrum[2 * k], im = spectrum[2 * k + 1];
      spectrum[2 * k] = re * gain[2 * k] - im * gain[2 * k + 1];
      spectrum[2 * k + 1] = re * gain[2 * k + 1] + im * gain[2 * k];
    }
    fft.inverseTransform(time, spectrum);
    for (let n = 0; n < samples; n++) {
      out[at + n] = time[2 * n];
      if (paired) out[at + samples + n] = time[2 * n + 1];
    }
  }
  return out;
}
