import { effectiveSize, multiplySymmetricTiled, periodograms, type Tiled } from "../linalg/mod.ts";
import { fold, type Key } from "../base/random.ts";
import { drawBand, type LocalPrior } from "./local_prior.ts";
import { type ExpectedPeriodogram, fitGains, type GainFit } from "./whittle.ts";

/** Number of simulated images that each expectation is a mean over. */
export const IMAGES = 150;

/**
 * The expected periodograms of whitened migrations `b = H x + n` in each window, by simulation in image space: of the
 * noise, from draws `noise` of n, flat [draws, cells], and of each band with a gain of 1, from draws of the prior. That
 * of a band with other gains is taken to be the window's own gain times this one.
 */
export async function expectedPeriodograms(
  { windows, ...prior }: LocalPrior,
  { hessian, noise, key, n = IMAGES }: { hessian: Tiled; noise: Float32Array; key: Key; n?: number },
): Promise<ExpectedPeriodogram[]> {
  const meanOf = (images: Float32Array) =>
    windows.tapers.map((taper) =>
      meanPeriodogram(periodograms(images, { ...windows, taper }), images.length)
    );
  const meanPeriodogram = (all: Float64Array, values: number) => {
    const draws = values / (windows.height * windows.width), mean = new Float64Array(all.length / draws);
    all.forEach((v, k) => mean[k % mean.length] += v / draws);
    return mean;
  };
  const ofNoise = meanOf(noise), ofBands: Float64Array[][] = [];
  for (const band of prior.spectra.keys()) {
    const x = drawBand({ ...prior, windows }, { band, key: fold(key, band), n });
    ofBands.push(meanOf(await multiplySymmetricTiled(hessian, x)));
  }
  return windows.tapers.map((taper, w) => ({
    noise: ofNoise[w],
    bands: ofBands.map((band) => band[w]),
    weight: effectiveSize(taper) / (2 * ofNoise[w].length),
  }));
}

/** The same where H and the covariance of n are `scale` times as large: another level of the same noise. */
export function scaledPeriodograms(
  expected: readonly ExpectedPeriodogram[],
  scale: number,
): ExpectedPeriodogram[] {
  return expected.map(({ noise, bands, weight }) => ({
    noise: noise.map((v) => scale * v),
    bands: bands.map((band) => band.map((v) => scale ** 2 * v)),
    weight,
  }));
}

/** The gains that a whitened migration over the free cells tells. */
export function fitWindows(
  migration: Float32Array,
  { windows, gainPrecision: precision }: LocalPrior,
  expected: readonly ExpectedPeriodogram[],
): GainFit {
  const told = windows.tapers.map((taper, w) => ({
    periodogram: periodograms(migration, { ...windows, taper }),
    expected: expected[w],
  }));
  return fitGains({ windows: told, precision });
}
