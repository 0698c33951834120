import { tensor } from "../engine/mod.ts";
import {
  type Block,
  choleskyTiled,
  elementOf,
  gramOf,
  logDeterminantTiled,
  norm,
  type RowsOf,
  type Tiled,
  tiled,
} from "../linalg/mod.ts";
import type { FamilyPrior } from "./prior_family.ts";

/** Indices of the cells that are not muted. */
export function freeCells(mask: Float32Array): Uint32Array {
  return Uint32Array.from(mask.keys()).filter((i) => mask[i] !== 0);
}

/** Zero-mean Gaussian over the free cells of images, learned from training images. */
interface LearnedCovariance {
  /** Lower triangular L, the covariance is `L L^T`. */
  readonly factor: Tiled;
  /** Weight of the separable part, chosen by held-out likelihood. */
  readonly shrinkage: number;
}

/** Weights that held-out images choose among. */
const SHRINKAGES: readonly number[] = [0.1, 0.3, 0.5, 0.7];

/** The diagonal of the covariance is multiplied by 1 plus this value, so that it can be factored in f32. */
const JITTER = 1e-4;

/** Where the free cells of an image lie: `cells` flat indices, rows of `width`, images of `size` values. */
interface Layout {
  readonly cells: Uint32Array;
  readonly width: number;
  readonly size: number;
}

/**
 * Sample covariance shrunk towards a separable one, `C = (1 - a) S + a Cz (x) Cx` (Ledoit and Wolf 2004 for the
 * idea of a structured target), since there are fewer images than cells. The weight has the largest likelihood
 * on held-out images. Polarity and lateral flips are taken for granted: zero mean, mirror symmetry.
 */
export async function learnCovariance(
  images: { training: Float32Array; heldOut: Float32Array },
  { shape, mask, signal }: { shape: readonly number[]; mask: Float32Array; signal?: AbortSignal },
): Promise<LearnedCovariance> {
  const layout = { cells: freeCells(mask), width: shape[1], size: mask.length }, n = layout.cells.length;
  const sample = await sampleCovariance(images.training, layout), separable = separableFit(sample, layout);
  const mixed = (a: number) => (i: number, j: number) =>
    ((1 - a) * elementOf(sample, i, j) + a * separable(i, j)) * (i === j ? 1 + JITTER : 1);
  const heldOut = freeValues(images.heldOut, layout), count = heldOut.length / n;
  let best: LearnedCovariance | undefined, most = -Infinity;
  for (const shrinkage of SHRINKAGES) {
    signal?.throwIfAborted();
    const { factor, solved } = await choleskyTiled(tiled(n, mixed(shrinkage)), heldOut);
    const likelihood = -0.5 * (norm(solved) ** 2 + count * logDeterminantTiled(factor));
    if (likelihood > most) [best, most] = [{ factor, shrinkage }, likelihood];
  }
  return best!;
}

/** The free cells of images of `size` values, flat [count, n]. */
export function freeValues(
  images: Float32Array,
  { cells, size }: { cells: Uint32Array; size: number },
): Float32Array {
  const n = cells.length, picked = new Float32Array(images.length / size * n);
  for (let k = 0; k < picked.length; k++) picked[k] = images[Math.floor(k / n) * size + cells[k % n]];
  return picked;
}

/** A Gaussian prior with the covariance of the training images. */
export const learnedCovariance: FamilyPrior = {
  name: "learned",
  factors: 1,
  amplitudes: 1,
  factorizations: SHRINKAGES.length,
  eliminations: 0,
  simulations: 0,
  async learn(images, { signal, say }) {
    const { factor, shrinkage } = await learnCovariance(images, { ...images, signal });
    say(`shrinkage ${shrinkage} chosen on held-out training data`);
    return [{ factor, amplitudes: [1] }];
  },
};

/** Images of a product that is summed up: more would take more memory, and no less time. */
const CHUNK = 512;

/** `X^T X / N` of images and their mirror images. */
function sampleCovariance(images: Float32Array, layout: Layout): Promise<Tiled> {
  const { cells, size } = layout, count = images.length / size, weight = Math.sqrt(0.5 / count);
  const chunks = Array.from({ length: Math.ceil(count / CHUNK) }, (_, c): RowsOf => {
    const chunk = images.subarray(c * CHUNK * size, (c + 1) * CHUNK * size);
    return (block) => cellRows(chunk, { ...layout, block, weight });
  });
  return gramOf(cells.length, chunks);
}

/** Values of some cells in images and then in their mirror images, [cells of the block, 2 images]. */
function cellRows(
  images: Float32Array,
  { cells, width, size, block: [from, to], weight }: Layout & { block: Block; weight: number },
) {
  const count = images.length / size, rows = new Float32Array((to - from) * 2 * count);
  for (let c = from; c < to; c++) {
    const cell = cells[c], mirrored = cell + width - 1 - 2 * (cell % width), at = (c - from) * 2 * count;
    for (let i = 0; i < count; i++) {
      rows[at + i] = weight * images[i * size + cell];
      rows[at + count + i] = weight * images[i * size + mirrored];
    }
  }
  return tensor(rows, [to - from, 2 * count]);
}

/** `Cz[z, z'] Cx[x, x']` with each factor the other's average, scaled to the sample's trace. Free rows are whole. */
function separableFit(sample: Tiled, { width }: Layout): (i: number, j: number) => number {
  const height = sample.n / width, cz = new Float64Array(height ** 2), cx = new Float64Array(width ** 2);
  const at = (i: number, j: number) => elementOf(sample, Math.max(i, j), Math.min(i, j));
  let trace = 0;
  for (let z = 0; z < height; z++) {
    for (let x = 0; x < width; x++) {
      const i = z * width + x;
      trace += at(i, i);
      for (let other = 0; other < height; other++) cz[z * height + other] += at(i, other * width + x);
      for (let other = 0; other < width; other++) cx[x * width + other] += at(i, z * width + other);
    }
  }
  // Both factors sum to the sample's trace over their diagonals.
  return (i, j) =>
    cz[Math.floor(i / width) * height + Math.floor(j / width)] * cx[i % width * width + j % width] / trace;
}
