import type { Survey } from "../contracts/operator.ts";
import type { NoiseModel } from "../contracts/problem.ts";
import type { Vector } from "../contracts/vector.ts";
import {
  add,
  dispose,
  matMul,
  mul,
  read,
  scope,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from "../engine/mod.ts";
import {
  cholesky,
  type FactoredGaussian,
  gaussianPosterior,
  logDeterminant,
  lowerSolve,
  sizeOf,
  varianceOf,
} from "../linalg/mod.ts";
import { type Key, normals } from "../random.ts";

/** Data that a Gaussian posterior is conditioned on: all of it, or every k-th sample of an assembled survey. */
interface Conditioning {
  /** `J^T W W J` over the free cells, flat [n, n]. */
  readonly hessian: Float64Array;
  /** `J^T W W d` over the free cells. */
  rhs(data: Float32Array): Promise<Float64Array>;
}

/** Indices of the cells that are not muted. */
export function freeCells(mask: Float32Array): Uint32Array {
  return Uint32Array.from(mask.keys()).filter((i) => mask[i] !== 0);
}

function pick(x: Vector, cells: Uint32Array): Float64Array {
  return Float64Array.from(cells, (i) => x[i]);
}

/** Conditions on every k-th sample, by the explicit matrices of a survey that can assemble itself. */
export async function assembledConditioning(survey: Survey, noise: NoiseModel): Promise<Conditioning> {
  const assembled = survey.assemble!(), cells = freeCells(survey.mask);
  const thin = noise.decimated(assembled.every), kept = sizeOf(assembled.range);
  let hessian = zeros([cells.length, cells.length]) as Tensor;
  for (let i = 0; i < survey.sources; i++) {
    const all = await assembled.transposed(i), rows = new Float32Array(cells.length * kept);
    cells.forEach((cell, k) => rows.set(all.subarray(cell * kept, (cell + 1) * kept), k * kept));
    const white = thin.whiten(rows, assembled.range) as Float32Array;
    const next = scope(() => {
      const m = tensor(white, [cells.length, kept]);
      return add(hessian, matMul(m, transpose(m)));
    });
    dispose({ hessian });
    hessian = next;
  }
  const values = Float64Array.from(await read(hessian));
  dispose({ hessian });
  const [receivers, samples] = survey.shotRange.shape;
  return {
    hessian: values,
    async rhs(data) {
      const spread = new Float32Array(data.length), shot = receivers * samples;
      for (let i = 0; i < survey.sources; i++) {
        const d = new Float32Array(kept), per = kept / receivers;
        for (let k = 0; k < kept; k++) {
          d[k] = data[i * shot + Math.floor(k / per) * samples + assembled.every * (k % per)];
        }
        const white = thin.whiten(thin.whiten(d, assembled.range), assembled.range);
        for (let k = 0; k < kept; k++) {
          spread[i * shot + Math.floor(k / per) * samples + assembled.every * (k % per)] = white[k];
        }
      }
      return pick(await survey.stacked.adjoint(spread), cells);
    },
  };
}

/** Zero-mean prior covariance of images, learned from training images; flat [n, n] over the free cells. */
export interface LearnedCovariance {
  readonly covariance: Float64Array;
  /** Weight of the separable part, chosen by held-out likelihood. */
  readonly shrinkage: number;
}

const SHRINKAGES = [0.1, 0.3, 0.5, 0.7];

/**
 * Sample covariance shrunk towards a separable one, `C = (1 - a) S + a Cz (x) Cx` (Ledoit and Wolf 2004 for the
 * idea of a structured target), since there are fewer images than cells. The weight has the largest likelihood
 * on held-out images. Polarity and lateral flips are taken for granted: zero mean, mirror symmetry.
 */
export async function learnCovariance(
  images: { training: Float32Array; heldOut: Float32Array },
  { shape, mask }: { shape: readonly number[]; mask: Float32Array },
): Promise<LearnedCovariance> {
  const cells = freeCells(mask), n = cells.length, [, width] = shape;
  const sample = await sampleCovariance(images.training, { cells, width, size: mask.length });
  const separable = separableFit(sample, { cells, width });
  const mixed = (a: number) => {
    const c = sample.map((s, k) => (1 - a) * s + a * separable[k]);
    for (let i = 0; i < n; i++) c[i * n + i] *= 1 + 1e-4;
    return c;
  };
  let best = { likelihood: -Infinity, shrinkage: SHRINKAGES[0] };
  for (const shrinkage of SHRINKAGES) {
    const l = cholesky(mixed(shrinkage));
    let likelihood = 0;
    for (let at = 0; at < images.heldOut.length; at += mask.length) {
      const u = lowerSolve(l, pick(images.heldOut.subarray(at, at + mask.length), cells));
      likelihood -= 0.5 * (u.reduce((sum, v) => sum + v * v, 0) + logDeterminant(l));
    }
    if (likelihood > best.likelihood) best = { likelihood, shrinkage };
  }
  return { covariance: mixed(best.shrinkage), shrinkage: best.shrinkage };
}

/** `X^T X / N` of images and their mirror images. */
async function sampleCovariance(
  images: Float32Array,
  { cells, width, size }: { cells: Uint32Array; width: number; size: number },
): Promise<Float64Array> {
  const count = images.length / size, n = cells.length, rows = new Float32Array(2 * count * n);
  for (let i = 0; i < count; i++) {
    cells.forEach((cell, k) => {
      const mirrored = cell - cell % width + width - 1 - cell % width;
      rows[2 * i * n + k] = images[i * size + cell];
      rows[(2 * i + 1) * n + k] = images[i * size + mirrored];
    });
  }
  const product = scope(() => {
    const x = tensor(rows, [2 * count, n]);
    return mul(matMul(transpose(x), x), 1 / (2 * count));
  });
  const values = Float64Array.from(await read(product));
  dispose({ product });
  return values;
}

/** `Cz[z, z'] Cx[x, x']` with each factor the other's average, scaled to the sample's trace. Free rows are whole. */
function separableFit(
  sample: Float64Array,
  { cells, width }: { cells: Uint32Array; width: number },
): Float64Array {
  const n = cells.length, height = n / width;
  const cz = new Float64Array(height * height), cx = new Float64Array(width * width);
  let trace = 0;
  for (let z = 0; z < height; z++) {
    for (let x = 0; x < width; x++) {
      const i = (z * width + x) * n;
      trace += sample[i + z * width + x];
      for (let other = 0; other < height; other++) {
        cz[z * height + other] += sample[i + other * width + x] / width;
      }
      for (let other = 0; other < width; other++) {
        cx[x * width + other] += sample[i + z * width + other] / height;
      }
    }
  }
  let tz = 0, tx = 0;
  for (let z = 0; z < height; z++) tz += cz[z * height + z];
  for (let x = 0; x < width; x++) tx += cx[x * width + x];
  const scale = trace / (tz * tx), out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const z = Math.floor(i / width), x = i % width;
    for (let j = 0; j < n; j++) {
      out[i * n + j] = scale * cz[z * height + Math.floor(j / width)] * cx[x * width + j % width];
    }
  }
  return out;
}

/** The linear Gaussian posterior of a problem: its covariance is that of every observation, its mean is not. */
export interface LinearGaussianPosterior {
  /** `n` samples and their exact mean and standard deviation, over all cells, muted ones 0. */
  draw(data: Float32Array, options: { key: Key; n: number }): Promise<{
    mean: Float32Array;
    std: Float32Array;
    samples: Float32Array;
  }>;
}

/** Exact posterior under a zero-mean Gaussian prior for data `J x + e`: `F F^T rhs` and draws `mean + F z`. */
export async function linearGaussianPosterior(
  survey: Survey,
  noise: NoiseModel,
  prior: LearnedCovariance,
): Promise<LinearGaussianPosterior> {
  const cells = freeCells(survey.mask), n = cells.length, size = survey.mask.length;
  const { hessian, rhs } = await assembledConditioning(survey, noise);
  const zero = new Float64Array(n);
  const { factor } = gaussianPosterior({
    hessian,
    rhs: zero,
    prior: { mean: zero, covariance: prior.covariance },
  });
  const spread = (values: Vector, out: Float32Array) => cells.forEach((cell, k) => out[cell] = values[k]);
  const std = new Float32Array(size);
  spread(varianceOf({ mean: zero, factor }).map(Math.sqrt), std);
  return {
    async draw(data, { key, n: count }) {
      const mean = new Float32Array(size), samples = new Float32Array(count * size);
      const centre = timesItsTranspose(factor, await rhs(data));
      spread(centre, mean);
      const draws = scope(() => {
        const f = tensor(Float32Array.from(factor), [n, n]);
        return matMul(tensor(normals(key, count * n), [count, n]), transpose(f));
      });
      const values = await read(draws);
      dispose({ draws });
      for (let i = 0; i < count; i++) {
        spread(values.subarray(i * n, (i + 1) * n).map((v, k) => v + centre[k]), samples.subarray(i * size));
      }
      return { mean, std, samples };
    },
  };
}

/** `F F^T v`. */
function timesItsTranspose(factor: FactoredGaussian["factor"], v: Float64Array): Float64Array {
  const n = v.length, ftv = new Float64Array(n), out = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) ftv[j] += factor[i * n + j] * v[i];
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[i] += factor[i * n + j] * ftv[j];
  return out;
}
