/**
 * Pairs in image space. Where data are linear and noise is Gaussian, the whitened migration of a pair is
 * `b = J^T W W (J x + e) = H x + n` with `n ~ N(0, N)`, N the covariance of `J^T W W e`. With H, and a root of N or draws
 * of n, a pair takes no wave. N is H where the likelihood takes the noise for what it is.
 */
import type { AssembledSurvey, Survey } from "../contracts/operator.ts";
import type { NoiseModel } from "../contracts/problem.ts";
import {
  add,
  advance,
  dispose,
  joinChannels,
  matMul,
  read,
  scope,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from "../engine/mod.ts";
import {
  choleskyTiled,
  elementOf,
  multiplySymmetricTiled,
  multiplyTiled,
  productTransposed,
  type Tiled,
  tiled,
} from "../linalg/mod.ts";
import { fold, type Key, normals } from "../base/random.ts";
import { assembledHessian, type Watch } from "./information.ts";

/** A survey, its explicit matrices and the noise of its shots. */
interface NoisySurvey {
  readonly survey: Pick<Survey, "shotRange" | "sources">;
  readonly assembled: AssembledSurvey;
  readonly noise: NoiseModel;
}

/**
 * `n` draws of `J^T W W e` over the free cells, flat [n, cells]: the noise model's own draws by the survey's explicit
 * matrices, exact for any noise. Draw k of shot i follows (key, k, i), as noise of simulated data does.
 */
export async function migratedNoise(
  { survey, assembled, noise }: NoisySurvey,
  { key, n, cells, signal }: { key: Key; n: number; cells: number; signal?: AbortSignal },
): Promise<Float32Array> {
  const [receivers, kept] = assembled.range.shape, row = receivers * kept;
  let sum = zeros([n, cells]);
  for (let i = 0; i < survey.sources; i++) {
    signal?.throwIfAborted();
    const keys = Array.from({ length: n }, (_, k) => fold(fold(key, k), i));
    const traces = await keptNoise({ survey, assembled, noise }, keys),
      matrix = await assembled.transposed(i);
    sum = advance([sum], () => add(sum, timesTransposed(tensor(traces, [n, row]), matrix)));
  }
  const values = await read(sum);
  dispose({ sum });
  return values;
}

/** `T^T W W e` of one draw of a shot's noise a key, flat [keys, receivers, kept]. */
async function keptNoise(
  { survey: { shotRange }, assembled: { range, interpolation }, noise }: NoisySurvey,
  keys: readonly Key[],
): Promise<Float32Array> {
  const kept = range.shape[1], samples = interpolation.length / kept;
  const traces = new Float32Array(keys.length * range.shape[0] * samples);
  keys.forEach((key, k) => {
    const white = noise.whiten(noise.whiten(noise.sample(key, shotRange), shotRange), shotRange);
    traces.set(white, k * white.length);
  });
  const product = scope(() =>
    matMul(tensor(traces, [traces.length / samples, samples]), tensor(interpolation, [samples, kept]))
  );
  const values = await read(product);
  dispose({ product });
  return values;
}

/** Rows of a matrix that the engine holds at a time. */
const CHUNK = 512;

/** `t M^T` of a matrix M with as many columns as t. */
function timesTransposed(t: Tensor, matrix: Float32Array): Tensor {
  const columns = t.shape[1]!, parts: Tensor[] = [];
  for (let from = 0; from < matrix.length; from += CHUNK * columns) {
    const part = matrix.slice(from, from + CHUNK * columns);
    parts.push(scope(() => matMul(t, transpose(tensor(part, [part.length / columns, columns])))));
  }
  return joinChannels(parts);
}

/** Number of traces that a covariance of noise is estimated from: each of its values to about 2 %. */
const TRACES = 8192;

/**
 * N over the free cells. It takes from the noise the moments of `T^T W W e` of a trace alone, as H takes `T^T W W T`;
 * they are estimated from many traces.
 */
export async function noiseCovariance(
  { survey, assembled, noise }: NoisySurvey,
  { key, cells, watch = {} }: { key: Key; cells: number; watch?: Watch },
): Promise<Tiled> {
  const [receivers, kept] = assembled.range.shape, moments = new Float64Array(kept ** 2);
  const shots = Math.ceil(TRACES / receivers);
  for (let i = 0; i < shots; i++) {
    const traces = await keptNoise({ survey, assembled, noise }, [fold(key, i)]);
    const columns = Float64Array.from(
      traces,
      (_, k) => traces[k % receivers * kept + Math.floor(k / receivers)],
    );
    productTransposed(columns, columns, receivers)
      .forEach((v, k) => moments[k] += v / (shots * receivers));
  }
  return await assembledHessian(assembled, { gram: moments, sources: survey.sources, cells, watch });
}

/** What the diagonal of a covariance of noise is raised by, as a fraction, so that it can be factored in f32. */
const JITTER = 1e-5;

/** L of `N = L L^T`, the diagonal of N raised a little. */
export async function noiseRoot(covariance: Tiled): Promise<Tiled> {
  const { n } = covariance;
  const raised = tiled(n, (i, j) => elementOf(covariance, i, j) * (i === j ? 1 + JITTER : 1));
  return (await choleskyTiled(raised, new Float32Array(n))).factor;
}

/**
 * Whitened migrations `H x + n` of unknowns over the free cells, flat [count, cells], with fresh noise. H is
 * `scale * hessian` and N is `scale * root root^T`: a level of noise scales both.
 */
export async function imagePairs(
  x: Float32Array,
  { hessian, root, scale = 1, key }: { hessian: Tiled; root: Tiled; scale?: number; key: Key },
): Promise<Float32Array> {
  const [clean, noise] = [
    await multiplySymmetricTiled(hessian, x),
    await multiplyTiled(root, normals(key, x.length)),
  ];
  return clean.map((v, k) => scale * v + Math.sqrt(scale) * noise[k]);
}
