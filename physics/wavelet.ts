import type { Wavelet } from "../core/contracts/operator.ts";
import { filterTraces, paddedLength, powerSpectrum } from "../core/linalg/mod.ts";

/** A source time function, before it is sampled; times in s, frequencies in Hz. */
export type Pulse =
  & { readonly band?: Band }
  & (
    | { readonly kind: "ricker"; readonly frequency: number; readonly delay?: number }
    | { readonly kind: "ormsby"; readonly corners: Corners; readonly delay?: number }
    | SampledPulse
  );

/** Samples every `interval`, the first at t = 0; absent while their file has not been read. */
interface SampledPulse {
  readonly kind: "file";
  readonly interval: number;
  readonly samples?: Float64Array;
}

/** What a band limit keeps, [low, high]. */
type Band = readonly [number, number];
/** Where a trapezoidal amplitude spectrum begins to rise, is full, begins to fall and is spent. */
export type Corners = readonly [number, number, number, number];

/** Samples a pulse: `count` values every `dt`. */
export function waveletOf(pulse: Pulse, { count, dt }: { count: number; dt: number }): Wavelet {
  const plain = sampled(pulse, { count, dt });
  return pulse.band ? bandLimited(plain, pulse.band) : plain;
}

function sampled(pulse: Pulse, { count, dt }: { count: number; dt: number }): Wavelet {
  switch (pulse.kind) {
    case "ricker":
      return ricker({ ...pulse, count, dt });
    case "ormsby":
      return ormsby({ ...pulse, count, dt });
    case "file":
      return resampled(pulse, { count, dt });
  }
}

/**
 * Ricker wavelet `(1 - 2a) exp(-a)`, `a = (pi f (t - delay))^2`: peak `frequency` f and `delay` in Hz and s,
 * `count` samples every `dt` seconds (Ricker 1953, Geophysics 18, 10-40).
 */
export function ricker(
  { frequency, delay = rickerDelay(frequency), count, dt }: {
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

function rickerDelay(frequency: number): number {
  return 1.2 / frequency;
}

/**
 * Ormsby wavelet, zero-phase about `delay` with a peak of 1, whose amplitude spectrum is a trapezoid with the
 * corners f1..f4: `w ~ (s(f4) - s(f3)) / (f4 - f3) - (s(f2) - s(f1)) / (f2 - f1)`, `s(f) = f^2 sinc^2(f t)`
 * (Ryan 1994, CSEG Recorder 19(7)). It fades like 1/t^2.
 */
export function ormsby(
  { corners, delay = ormsbyDelay(corners), count, dt }: {
    corners: Corners;
    delay?: number;
    count: number;
    dt: number;
  },
): Wavelet {
  const [f1, f2, f3, f4] = corners, peak = f4 + f3 - f2 - f1;
  const samples = Float64Array.from({ length: count }, (_, n) => {
    const t = n * dt - delay, s = (f: number) => (f * sinc(f * t)) ** 2;
    return ((s(f4) - s(f3)) / (f4 - f3) - (s(f2) - s(f1)) / (f2 - f1)) / peak;
  });
  return { samples, dt };
}

/** The tail before t = 0, which is cut off, fades over this time: the narrower the low ramp, the slower. */
function ormsbyDelay([f1, f2]: Corners): number {
  return 1 / (f2 - f1);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Samples at another interval by sinc interpolation, 0 beyond the last one. */
function resampled(pulse: SampledPulse, { count, dt }: { count: number; dt: number }): Wavelet {
  const given = samplesOf(pulse);
  const samples = Float64Array.from({ length: count }, (_, n) => {
    const at = n * dt / pulse.interval;
    return given.reduce((sum, value, i) => sum + value * sinc(at - i), 0);
  });
  return { samples, dt };
}

function samplesOf({ samples }: SampledPulse): Float64Array {
  if (samples === undefined) throw new Error("The wavelet's file has not been read: read it before sampling");
  return samples;
}

/**
 * Zero-phase band limit: gain 0 outside of the band, raised cosines over the octave above `low` and over the last
 * quarter below `high`, 1 between them.
 */
export function bandLimited({ samples, dt }: Wavelet, [low, high]: Band): Wavelet {
  const N = paddedLength(samples.length);
  const gain = Float64Array.from({ length: N }, (_, k) => {
    const f = Math.min(k, N - k) / (N * dt);
    return raisedCosine((f - low) / low) * raisedCosine((high - f) / (0.25 * high));
  });
  return { samples: filterTraces(samples, { samples: samples.length, gain }) as Float64Array, dt };
}

/** 0 up to 0, 1 from 1 on; a band from 0 Hz (x infinite or not a number) has no lower edge. */
function raisedCosine(x: number): number {
  if (x <= 0) return 0;
  return x < 1 ? 0.5 - 0.5 * Math.cos(Math.PI * x) : 1;
}

/** A pulse's frequency [Hz] of the largest amplitude; within its band. */
export function peakFrequency(pulse: Pulse): number {
  const [low, high] = pulse.band ?? [0, Infinity];
  return Math.min(Math.max(plainPeak(pulse), low), high);
}

function plainPeak(pulse: Pulse): number {
  if (pulse.kind === "ricker") return pulse.frequency;
  if (pulse.kind === "ormsby") return (pulse.corners[1] + pulse.corners[2]) / 2;
  const { amplitude, step } = amplitudeSpectrum(pulse);
  return step * amplitude.indexOf(Math.max(...amplitude));
}

/** Above the highest frequency a sampled pulse has less than this part of its spectrum's peak. */
const SPENT = 0.02;

/**
 * Frequency [Hz] above which a pulse has next to nothing: a Ricker's bandwidth, an Ormsby's last corner, 2 % of the
 * peak amplitude of samples (their Nyquist frequency while they have not been read), and never above its band.
 */
export function highestFrequency(pulse: Pulse): number {
  return Math.min(plainHighest(pulse), pulse.band?.[1] ?? Infinity);
}

function plainHighest(pulse: Pulse): number {
  if (pulse.kind === "ricker") return rickerBandwidth(pulse.frequency);
  if (pulse.kind === "ormsby") return pulse.corners[3];
  if (pulse.samples === undefined) return 1 / (2 * pulse.interval);
  const { amplitude, step } = amplitudeSpectrum(pulse), limit = SPENT * Math.max(...amplitude);
  return step * amplitude.findLastIndex((a) => a >= limit);
}

/** Frequency [Hz] above which a Ricker wavelet has less than 3.3 % of its peak amplitude: 2.5 times the peak's. */
export function rickerBandwidth(frequency: number): number {
  return 2.5 * frequency;
}

/** Amplitudes from 0 Hz to the Nyquist frequency, in steps [Hz] four times as fine as the samples ask for. */
function amplitudeSpectrum(pulse: SampledPulse): { amplitude: Float64Array; step: number } {
  const samples = samplesOf(pulse), N = 4 * paddedLength(samples.length);
  const amplitude = powerSpectrum(samples, N).subarray(0, N / 2 + 1).map(Math.sqrt);
  return { amplitude, step: 1 / (N * pulse.interval) };
}

/** Time [s] of a pulse's largest absolute value. */
export function peakTime(pulse: Pulse): number {
  if (pulse.kind === "ricker") return pulse.delay ?? rickerDelay(pulse.frequency);
  if (pulse.kind === "ormsby") return pulse.delay ?? ormsbyDelay(pulse.corners);
  const sizes = samplesOf(pulse).map(Math.abs);
  return pulse.interval * sizes.indexOf(Math.max(...sizes));
}
