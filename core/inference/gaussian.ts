import type { AssembledSurvey, Survey } from "../contracts/operator.ts";
import type { NoiseModel } from "../contracts/problem.ts";
import type { Vector } from "../contracts/vector.ts";
import {
  add,
  dispose,
  matMul,
  mul,
  read,
  reshape,
  scope,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from "../engine/mod.ts";
import {
  cholesky,
  dot,
  gaussianPosterior,
  logDeterminant,
  lowerSolve,
  transpose as transposeOf,
  varianceOf,
} from "../linalg/mod.ts";
import { type Key, normals } from "../random.ts";

/** What a Gaussian posterior takes from the data. */
interface Conditioning {
  /** `J^T W W J` over the free cells, flat [n, n]. */
  readonly hessian: Float64Array;
  /** `J^T W W d` over the free cells, of `count` observations in a row. */
  rhs(data: Vector, count?: number): Promise<Float32Array>;
}

/** Indices of the cells that are not muted. */
export function freeCells(mask: Float32Array): Uint32Array {
  return Uint32Array.from(mask.keys()).filter((i) => mask[i] !== 0);
}

function pick(x: Vector, cells: Uint32Array): Float64Array {
  return Float64Array.from(cells, (i) => x[i]);
}

/** Conditions on all data, by the explicit matrices of a survey that can assemble itself. */
export async function assembledConditioning(survey: Survey, noise: NoiseModel): Promise<Conditioning> {
  const assembled = await survey.assemble!(), cells = freeCells(survey.mask);
  const [receivers, kept] = assembled.range.shape;
  const whitener = keptWhitener(assembled, noise);
  survey.solves.add(assembled.solves);
  let hessian = zeros([cells.length, cells.length]) as Tensor;
  for (let i = 0; i < survey.sources; i++) {
    const matrix = await assembled.transposed(i);
    const next = scope(() => {
      const white = matMul(tensor(matrix, [cells.length * receivers, kept]), tensor(whitener, [kept, kept]));
      const rows = reshape(white, [cells.length, receivers * kept]);
      return add(hessian, matMul(rows, transpose(rows)));
    });
    dispose({ hessian });
    hessian = next;
  }
  const values = Float64Array.from(await read(hessian));
  dispose({ hessian });
  return {
    hessian: values,
    async rhs(data, count = 1) {
      const whiten = (d: Vector) => noise.whiten(d, survey.shotRange), size = survey.mask.length;
      const images = await survey.stacked.adjoint(whiten(whiten(data)), count), n = cells.length;
      return Float32Array.from(
        { length: count * n },
        (_, k) => images[Math.floor(k / n) * size + cells[k % n]],
      );
    },
  };
}

/** L with `L L^T = (W T)^T (W T)`: the norm of `L^T m` is that of the whitened trace `W T m` of kept samples m. */
function keptWhitener({ range, interpolation }: AssembledSurvey, noise: NoiseModel): Float32Array {
  const [, kept] = range.shape, samples = interpolation.length / kept;
  const columns = Float64Array.from(
    { length: kept * samples },
    (_, k) => interpolation[k % samples * kept + Math.floor(k / samples)],
  );
  const white = noise.whiten(columns, { name: "interpolation", shape: [kept, samples] });
  const column = (k: number) => white.subarray(k * samples, (k + 1) * samples);
  const gram = Float64Array.from(
    { length: kept ** 2 },
    (_, k) => dot(column(Math.floor(k / kept)), column(k % kept)),
  );
  return new Float32Array(cholesky(gram));
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
  /** Posterior means of `count` observations in a row, over all cells, muted ones 0. */
  mean(data: Vector, count?: number): Promise<Float32Array>;
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
  const f32 = Float32Array.from(factor), transposed = Float32Array.from(transposeOf(factor));
  const means = async (data: Vector, count: number) => {
    const right = await rhs(data, count);
    const product = scope(() => {
      const latent = matMul(tensor(right, [count, n]), tensor(f32, [n, n]));
      return matMul(latent, tensor(transposed, [n, n]));
    });
    const values = await read(product);
    dispose({ product });
    return values;
  };
  return {
    async mean(data, count = 1) {
      const out = new Float32Array(count * size), values = await means(data, count);
      for (let i = 0; i < count; i++) spread(values.subarray(i * n, (i + 1) * n), out.subarray(i * size));
      return out;
    },
    async draw(data, { key, n: count }) {
      const mean = new Float32Array(size), samples = new Float32Array(count * size);
      const centre = await means(data, 1);
      spread(centre, mean);
      const draws = scope(() =>
        matMul(tensor(normals(key, count * n), [count, n]), tensor(transposed, [n, n]))
      );
      const values = await read(draws);
      dispose({ draws });
      for (let i = 0; i < count; i++) {
        spread(values.subarray(i * n, (i + 1) * n).map((v, k) => v + centre[k]), samples.subarray(i * size));
      }
      return { mean, std, samples };
    },
  };
}
