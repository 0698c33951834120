import { paddedLength, powerSpectrum } from "../core/linalg/mod.ts";
import { pointWeights, type Position } from "./acquisition.ts";
import type { Geometry } from "./propagator/setting.ts";
import { crossing } from "./stencil.ts";

/** What decides how often the background must be kept. */
type Kept = Pick<
  Geometry,
  "grid" | "velocity" | "sources" | "receivers" | "wavelet" | "order" | "muteRows"
>;

/** J may be off from the derivative of F by this part of its norm, as only every k-th wavefield is kept. */
export const SNAPSHOT_ERROR = 1e-3;

/** The estimate treats every alias as a plane wave. Errors up to 2.3 times as large were measured, so it is raised. */
const MARGIN = 3;

/** The largest k, every k-th second difference being kept, with which J stays within `SNAPSHOT_ERROR`. */
export function largestEvery(geometry: Kept): number {
  const error = snapshotError(geometry), steps = geometry.wavelet.samples.length;
  let every = 1;
  while (every < steps && error(every + 1) <= SNAPSHOT_ERROR) every++;
  return every;
}

/**
 * Relative error of J by k. J scatters `k w(n dt)` at every k-th step in place of `w`, the second difference of the
 * background in time, so that w's spectrum W appears again at every multiple of 1/(k dt):
 * `e^2 = sum_f (R(f) sum_m W(f + m / (k dt)))^2 / sum_f (R(f) W(f))^2`, m from 1 to k - 1. W is the wavelet's
 * spectrum times `(2 sin(pi f dt))^2`, weakened where the grid does not carry it from a source to the imaged part;
 * R is what the grid carries from there to a receiver.
 */
export function snapshotError(geometry: Kept): (every: number) => number {
  const { samples, dt } = geometry.wavelet, N = paddedLength(samples.length), bins = N / 2 + 1;
  const frequencies = Float64Array.from({ length: bins }, (_, i) => i / (N * dt));
  const heard = reach(geometry.receivers.flat(), geometry, frequencies);
  const sent = reach(geometry.sources, geometry, frequencies), power = powerSpectrum(samples, N);
  const spectrum = frequencies.map((f, i) =>
    sent[i] * Math.sqrt(power[i]) * (2 * Math.sin(Math.PI * f * dt)) ** 2
  );
  const right = spectrum.reduce((sum, w, i) => sum + (heard[i] * w) ** 2, 0);
  return (every) => {
    const wrong = spectrum.reduce((sum, _, i) => {
      let alias = 0;
      for (let m = 1; m < every; m++) alias += spectrum[folded(Math.round(i + m * N / every), N)];
      return sum + (heard[i] * alias) ** 2;
    }, 0);
    return wrong === 0 ? 0 : MARGIN * Math.sqrt(wrong / right);
  };
}

/** A part of J's norm in words; beyond all of it the estimate says no more than that J is wrong. */
export function errorText(part: number): string {
  return part >= 1 ? "100 % or more" : `${Number((100 * part).toPrecision(2))} %`;
}

/** The bin from 0 Hz to Nyquist of a periodic spectrum of N bins. */
function folded(bin: number, N: number): number {
  const at = bin % N;
  return at <= N / 2 ? at : N - at;
}

/** How much of each frequency can pass between the imaged part and the places, that of the best one; at most 1. */
function reach(places: readonly Position[], geometry: Kept, frequencies: Float64Array): Float64Array {
  const { grid: { spacing }, muteRows, order, wavelet: { dt } } = geometry;
  const best = new Float64Array(frequencies.length);
  for (const depth of new Set(places.map(([z]) => z))) {
    const { first, weights } = pointWeights(depth / spacing[0]);
    const passes = crossing(order, { spacing, dt, velocity: slowestPart(first, geometry) });
    frequencies.forEach((f, i) => {
      const across = passes(f);
      const sum = weights.reduce((s, w, j) => s + Math.abs(w) * across(Math.max(0, muteRows - first - j)), 0);
      best[i] = Math.min(1, Math.max(best[i], sum));
    });
  }
  return best;
}

/**
 * A wave must be carried by the rows from `first` down to the imaged part, and within that: the slower of the fastest
 * cells of both.
 */
function slowestPart(first: number, { grid: { shape: [nz, nx] }, velocity, muteRows }: Kept): number {
  const fastest = (from: number, to: number) =>
    velocity.subarray(Math.max(0, from) * nx, to * nx).reduce((a, b) => Math.max(a, b), 0);
  const imaged = fastest(muteRows, nz);
  return first < muteRows ? Math.min(fastest(first, muteRows), imaged) : imaged;
}
