import { type Band, type BandCentres, bandsOf, cholesky, lowerSolve, upperSolve } from "../linalg/mod.ts";

/** Bands of wavenumber, the number of windows down and across an image, and the prior of the logarithms of gains. */
export interface LocalSettings {
  readonly bands: BandCentres;
  readonly windows: { readonly down: number; readonly across: number };
  readonly gains: GainPrior;
}

/** How much stronger than in the training images an observation tells each band to be, window by window. */
export interface PriorGains {
  /** In dB, flat [bands, down, across]. */
  readonly decibels: Float64Array;
  readonly shape: readonly number[];
  readonly bands: readonly Band[];
}

/** Log gains, flat [windows, bands], in dB by band. */
export function priorGains(logGains: Float64Array, { bands, windows }: LocalSettings = LOCAL): PriorGains {
  const all = bandsOf(bands), { down, across } = windows, count = down * across;
  const decibels = Float64Array.from(
    logGains,
    (_, k) => 10 * Math.LOG10E * logGains[k % count * all.length + Math.floor(k / count)],
  );
  return { decibels, shape: [all.length, down, across], bands: all };
}

/** Log gains are normal about 0, and neighbours are alike. */
export interface GainPrior {
  /** Standard deviation of a log gain from one image to another. */
  readonly deviation: number;
  /** Correlations of the log gains of windows, radii and dips next to each other; of others, powers of these. */
  readonly alike: { readonly windows: number; readonly radii: number; readonly dips: number };
}

/** What was chosen on training surveys alone: learned on one survey and judged on the other. */
export const LOCAL: LocalSettings = {
  bands: { radii: [0.04, 0.1, 0.2, 0.35], dips: [-50, -18, 0, 18, 50] },
  windows: { down: 3, across: 3 },
  gains: { deviation: 1.2, alike: { windows: 0.85, radii: 0.7, dips: 0.7 } },
};

/** The covariance of log gains, flat [windows, bands] along each axis. The lowest radius is in the middle of the dips. */
export function gainCovariance(
  { bands, windows: { down, across }, gains: { deviation, alike } }: LocalSettings,
): Float64Array {
  const places = bandsOf(bands).map(({ radius, dip }) => ({
    radius: bands.radii.indexOf(radius),
    dip: dip === undefined ? (bands.dips.length - 1) / 2 : bands.dips.indexOf(dip),
  }));
  const m = down * across * places.length;
  return Float64Array.from({ length: m * m }, (_, k) => {
    const [i, j] = [Math.floor(k / m), k % m],
      [a, b] = [places[i % places.length], places[j % places.length]];
    const [v, w] = [Math.floor(i / places.length), Math.floor(j / places.length)];
    const apart = Math.abs(Math.floor(v / across) - Math.floor(w / across)) +
      Math.abs(v % across - w % across);
    return deviation ** 2 * alike.windows ** apart *
      alike.radii ** Math.abs(a.radius - b.radius) * alike.dips ** Math.abs(a.dip - b.dip);
  });
}

/** Its inverse. */
export function gainPrecision(settings: LocalSettings): Float64Array {
  const factor = cholesky(gainCovariance(settings)), m = Math.sqrt(factor.length);
  const inverse = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    const unit = Float64Array.from({ length: m }, (_, j) => i === j ? 1 : 0);
    inverse.set(upperSolve(factor, lowerSolve(factor, unit)), i * m);
  }
  return inverse;
}
