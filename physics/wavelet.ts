import type { Wavelet } from "../core/contracts/operator.ts";

/**
 * Ricker wavelet `(1 - 2a) exp(-a)`, `a = (pi f (t - delay))^2`: peak `frequency` f and `delay` in Hz and s,
 * `count` samples every `dt` seconds (Ricker 1953, Geophysics 18, 10-40).
 */
export function ricker(
  { frequency, delay = 1.2 / frequency, count, dt }: {
    frequency: number;
    delay?: number;
    count: number;
    dt: number;
  },
): Wavelet {
  const samples = Float64Array.from({ length: count }, (_, n) => {
    const a = (Math.PI * frequency * (n * dt - delay)) ** 2;
    return (1 - 2 * a) * Math.exp(-a);
  });
  return { samples, dt };
}

/** Frequency [Hz] above which a Ricker wavelet has less than 2.8 % of its peak amplitude: 2.5 times the peak's. */
export function rickerBandwidth(frequency: number): number {
  return 2.5 * frequency;
}
