import {
  autocovariance,
  bandWeights,
  type ImageSpectrum,
  meanSpectrum,
  stationaryDraws,
  type Tiled,
  tiled,
  type Windows,
  windowsOf,
} from "../linalg/mod.ts";
import { fold, type Key } from "../base/random.ts";
import { freeCells, freeValues } from "./covariance.ts";
import { gainPrecision, LOCAL, type LocalSettings } from "./gain_prior.ts";

/** Weight of the rough form in the training spectrum, so that no wavenumber is beyond the reach of a gain. */
const ROUGHNESS = 3e-3;

/**
 * The diagonal of a covariance is multiplied by 1 plus the first value, and raised by the second one times the variance
 * of the training images, so that it can be factored in f32.
 */
const JITTER = 1e-4, FLOOR = 1e-5;

/**
 * A Gaussian prior of images whose strength in each band of wavenumber and dip varies from place to place,
 * `x = sum_b d_b S_b^(1/2) w_b`: w_b white, S_b the part of a stationary covariance in band b, and `d_b(z, x)` the
 * square roots of the gains, log-linear between the centres of windows. The gains are told by an observation.
 */
export interface LocalPrior {
  /** The spectrum of each S_b. They sum to that of the training images. */
  readonly spectra: readonly ImageSpectrum[];
  /** Windows of the free rows of an image. */
  readonly windows: Windows;
  /** Inverse covariance of the log gains, flat [windows, bands] along each axis. */
  readonly gainPrecision: Float64Array;
}

/** The prior with the mean spectrum of training images, plus a little of its square root of the same variance. */
export function learnLocalPrior(
  images: Float32Array,
  { shape: [, width], mask, settings = LOCAL }: {
    shape: readonly number[];
    mask: Float32Array;
    settings?: LocalSettings;
  },
): LocalPrior {
  const cells = freeCells(mask), extent = { height: cells.length / width, width };
  const smooth = meanSpectrum(freeValues(images, { cells, size: mask.length }), extent);
  const sum = (values: Float64Array) => values.reduce((a, b) => a + b);
  const rough = smooth.values.map(Math.sqrt), alike = sum(smooth.values) / sum(rough);
  const whole = smooth.values.map((v, k) => (1 - ROUGHNESS) * v + ROUGHNESS * alike * rough[k]);
  const spectra = bandWeights(settings.bands, smooth).map((weights) => ({
    ...smooth,
    values: weights.map((w, k) => w * whole[k]),
  }));
  return { spectra, windows: windowsOf(extent, settings.windows), gainPrecision: gainPrecision(settings) };
}

/** The logarithms of gains, flat [windows, bands]; 0 is the training images' own strength. */
export type LogGains = Float64Array;

/** The fields d_b of root gains, flat [cells, bands]. */
export function rootGains({ spectra, windows }: LocalPrior, logGains: LogGains): Float64Array {
  const bands = spectra.length, cells = windows.height * windows.width;
  return Float64Array.from({ length: cells * bands }, (_, k) => {
    const cell = Math.floor(k / bands);
    return Math.exp(
      windows.weights.reduce((s, w, i) => s + w[cell] * logGains[i * bands + k % bands], 0) / 2,
    );
  });
}

/** `Sigma = sum_b D_b S_b D_b` over the free cells, its diagonal raised. */
export function localCovariance(prior: LocalPrior, logGains: LogGains): Tiled {
  const { spectra, windows: { height, width } } = prior, bands = spectra.length, n = height * width;
  const d = rootGains(prior, logGains), table = lagTable(prior), span = 2 * width - 1;
  const floor = FLOOR *
    spectra.reduce((s, { values }) => s + values.reduce((a, b) => a + b) / values.length, 0);
  return tiled(n, (i, j) => {
    const dz = Math.floor(i / width) - Math.floor(j / width), dx = i % width - j % width;
    // The covariance at a lag is that at the opposite lag.
    let at = bands * (Math.abs(dz) * span + (dz < 0 ? -dx : dx) + width - 1), value = 0;
    for (let p = i * bands, q = j * bands; p < (i + 1) * bands; p++, q++, at++) {
      value += d[p] * d[q] * table[at];
    }
    return i === j ? value * (1 + JITTER) + floor : value;
  });
}

/** Covariances of all bands at lags down from 0 and across from `1 - width`, flat [height, 2 width - 1, bands]. */
function lagTable({ spectra, windows: { height, width } }: LocalPrior): Float64Array {
  const covariances = spectra.map(autocovariance), bands = spectra.length, span = 2 * width - 1;
  return Float64Array.from({ length: height * span * bands }, (_, k) => {
    const lag = Math.floor(k / bands);
    return covariances[k % bands].at(Math.floor(lag / span), lag % span - width + 1);
  });
}

/** `n` draws of the prior over the free cells, flat [n, cells]: by the definition, no covariance is factored. */
export function drawLocal(
  prior: LocalPrior,
  { logGains, key, n }: { logGains: LogGains; key: Key; n: number },
): Float32Array {
  const { spectra, windows } = prior, cells = windows.height * windows.width;
  const d = rootGains(prior, logGains), sum = new Float64Array(n * cells);
  spectra.forEach((_, b) => {
    const part = drawBand(prior, { band: b, key: fold(key, b), n });
    for (let k = 0; k < sum.length; k++) sum[k] += d[k % cells * spectra.length + b] * part[k];
  });
  return new Float32Array(sum);
}

/** `n` draws of `S_b^(1/2) w_b`, flat [n, cells]. */
export function drawBand(
  { spectra, windows: { height, width } }: LocalPrior,
  { band, key, n }: { band: number; key: Key; n: number },
): Float32Array {
  return stationaryDraws(spectra[band], { height, width, n, key });
}
