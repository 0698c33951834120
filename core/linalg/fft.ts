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

/** `F^-1` of a complex spectrum, interleaved [N, 2], as the real and the imaginary sequence. */
export function inverseTransform(spectrum: Float64Array): { re: Float64Array; im: Float64Array } {
  const N = spectrum.length / 2, time = new Float64Array(2 * N);
  new FFT(N).inverseTransform(time, spectrum);
  const re = new Float64Array(N), im = new Float64Array(N);
  for (let n = 0; n < N; n++) {
    re[n] = time[2 * n];
    im[n] = time[2 * n + 1];
  }
  return { re, im };
}
