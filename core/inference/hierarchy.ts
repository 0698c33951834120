import { autocovariance, choleskyTiled, meanSpectrum, tiled } from "../linalg/mod.ts";
import { freeCells, freeValues } from "./covariance.ts";
import type { FamilyPrior, PriorFamily } from "./prior_family.ts";

/**
 * The amplitudes and roughnesses of the prior family. They were chosen on training surveys alone: learned on one
 * survey and judged on another (decision 12).
 */
export const AMPLITUDES: readonly number[] = [0.6, 1, 1.6];
export const ROUGHNESSES: readonly number[] = [0, 0.03, 0.1, 0.3];

/** The diagonal of a covariance is multiplied by 1 plus this value, so that it can be factored in f32. */
const JITTER = 1e-4;

/**
 * A prior of unknown amplitude a and roughness r, `x ~ N(0, a^2 ((1 - r) S + r R))`. S is the stationary covariance
 * with the mean spectrum of the training images. R has the square root of this spectrum and the same variance; it has
 * more energy at the wavenumbers that are weak in the training images. Another geology has another a and r. They are
 * estimated from the evidence of the data of each observation (empirical Bayes, here as a weighted mixture). Images
 * and their lateral and vertical mirror images are assumed to be equally probable.
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

/** The prior family of {@link learnHierarchy}. */
export const hierarchy: FamilyPrior = {
  name: "hierarchical",
  factors: ROUGHNESSES.length,
  amplitudes: AMPLITUDES.length,
  factorizations: ROUGHNESSES.length,
  eliminations: 0,
  simulations: 0,
  learn: (images, { signal }) => learnHierarchy(images.training, { ...images, signal }),
};
