import FFT from "fft.js";
import { paddedLength } from "./fft.ts";

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
