import { autocovariance, choleskyTiled, meanSpectrum, tiled } from "../linalg/mod.ts";
import { freeCells, freeValues } from "./covariance.ts";
import type { PriorFamily } from "./gaussian.ts";

/**
 * Amplitudes and roughnesses that the data choose among. Chosen on training surveys alone, by learning on one and
 * judging on the other (decision 12).
 */
export const AMPLITUDES: readonly number[] = [0.6, 1, 1.6];
export const ROUGHNESSES: readonly number[] = [0, 0.03, 0.1, 0.3];

/** What a covariance's diagonal is raised by, as a part of it, so that f32 can factor it. */
const JITTER = 1e-4;

/**
 * A prior of unknown amplitude and roughness, `x ~ N(0, a^2 ((1 - r) S + r R))`: S is the stationary covariance with
 * the mean spectrum of the training images, R that with its square root and the same variance, so that it holds more
 * of what the training images have little of. Another geology has another a and r; the evidence of its own data tells
 * them (empirical Bayes, here as a weighted mixture). Lateral and vertical mirror images are taken for granted.
 */
export async function learnHierarchy(
  images: Float32Array,
  { shape: [, width], mask, signal }: { shape: readonly number[]; mask: Float32Array; signal?: AbortSignal },
): Promise<PriorFamily> {
  const cells = freeCells(mask), n = cells.length;
  const free = freeValues(images, { cells, size: mask.length });
  const spectrum = meanSpectrum(free, { height: n / width, width });
  const smooth = autocovariance(spectrum),
    rough = autocovariance({ ...spectrum, values: spectrum.values.map(Math.sqrt) });
  const alike = smooth.at(0, 0) / rough.at(0, 0),
    family: { factor: PriorFamily[number]["factor"]; amplitudes: readonly number[] }[] = [];
  for (const r of ROUGHNESSES) {
    signal?.throwIfAborted();
    const covariance = (i: number, j: number) => {
      const dz = Math.abs(Math.floor(i / width) - Math.floor(j / width)),
        dx = Math.abs(i % width - j % width);
      const value = (1 - r) * smooth.at(dz, dx) + r * alike * rough.at(dz, dx);
      return i === j ? value * (1 + JITTER) : value;
    };
    const { factor } = await choleskyTiled(tiled(n, covariance), new Float32Array(n));
    family.push({ factor, amplitudes: AMPLITUDES });
  }
  return family;
}
