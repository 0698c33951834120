import type { AssembledSurvey, Survey } from "../contracts/operator.ts";
import type { NoiseModel } from "../contracts/problem.ts";
import { dispose, matMul, read, reshape, scope, tensor, transpose } from "../engine/mod.ts";
import {
  cholesky,
  gramOf,
  productTransposed,
  type RowsOf,
  symmetricEigen,
  type Tiled,
} from "../linalg/mod.ts";

/** Reports and stops the sum of a Hessian source by source. */
export interface Watch {
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, total: number) => void;
}

/**
 * `T^T W W T`, flat [kept, kept], of an assembled survey's interpolation T and a noise's whitening W: all that the
 * Hessian `J^T W W J` takes from the noise, so that it scales with this matrix.
 */
export function noiseGram(
  { range, interpolation }: Pick<AssembledSurvey, "range" | "interpolation">,
  noise: NoiseModel,
): Float64Array {
  const kept = range.shape[1], samples = interpolation.length / kept;
  const columns = Float64Array.from(
    { length: kept * samples },
    (_, k) => interpolation[k % samples * kept + Math.floor(k / samples)],
  );
  const white = Float64Array.from(
    noise.whiten(columns, { name: "interpolation", kind: "data", shape: [kept, samples] }),
  );
  return productTransposed(white, white, samples);
}

/**
 * The directions of the kept samples with the least energy are left out. Together they hold at most this fraction of
 * the trace of the Hessian.
 */
const NEGLIGIBLE = 1e-6;

/** `J^T W W J` over the free cells, by the explicit matrices of a survey, for a noise's `gram`. */
export async function assembledHessian(
  assembled: AssembledSurvey,
  { gram, sources, cells, watch }: { gram: Float64Array; sources: number; cells: number; watch: Watch },
): Promise<Tiled> {
  const [receivers, kept] = assembled.range.shape;
  const whitener = await leadingWhitener(assembled, { gram, sources }), rank = whitener.length / kept;
  async function* shots(): AsyncGenerator<RowsOf> {
    for (let i = 0; i < sources; i++) {
      await nextTask();
      watch.signal?.throwIfAborted();
      const matrix = await assembled.transposed(i), row = receivers * kept;
      yield ([from, to]) => {
        const traces = tensor(matrix.slice(from * row, to * row), [(to - from) * receivers, kept]);
        return reshape(matMul(traces, tensor(whitener, [kept, rank])), [to - from, receivers * rank]);
      };
      watch.progress?.(i + 1, sources);
    }
  }
  return await gramOf(cells, shots());
}

/**
 * Number of sources whose traces determine the directions that matter, and number of their traces in one f32 product.
 */
const PROBED = 4, CHUNK = 2048;

/**
 * B, flat [kept, rank], such that `B^T m` has the whitened norm `|W T m|` of kept samples m: `L V` with
 * `gram = L L^T` and the principal directions V of the survey's own traces, whitened.
 */
async function leadingWhitener(
  assembled: AssembledSurvey,
  { gram, sources }: { gram: Float64Array; sources: number },
): Promise<Float32Array> {
  const kept = assembled.range.shape[1], l = cholesky(gram);
  const probes = Math.min(PROBED, sources), moment = new Float64Array(kept ** 2);
  for (let p = 0; p < probes; p++) {
    const i = probes === 1 ? 0 : Math.round(p * (sources - 1) / (probes - 1));
    await addMoment(moment, { matrix: await assembled.transposed(i), l });
  }
  const { values, vectors } = symmetricEigen(moment);
  const limit = NEGLIGIBLE * values.reduce((a, b) => a + b);
  let rank = kept, left = 0;
  while (rank > 1 && left + values[rank - 1] <= limit) left += values[--rank];
  return new Float32Array(productTransposed(l, vectors.subarray(0, rank * kept), kept));
}

/**
 * Adds `L^T M^T M L` of a source's kept samples M over all cells and receivers. Sums over few traces are added up in
 * f64: the directions at the limit hold less than f32 loses over all.
 */
async function addMoment(
  moment: Float64Array,
  { matrix, l }: { matrix: Float32Array; l: Float64Array },
): Promise<void> {
  const kept = Math.sqrt(l.length), whitener = new Float32Array(l);
  for (let from = 0; from < matrix.length; from += CHUNK * kept) {
    const part = matrix.slice(from, from + CHUNK * kept);
    const product = scope(() => {
      const white = matMul(tensor(part, [part.length / kept, kept]), tensor(whitener, [kept, kept]));
      return matMul(transpose(white), white);
    });
    (await read(product)).forEach((v, k) => moment[k] += v);
    dispose({ product });
  }
}

/** Returns to the event loop, so that an interrupt is handled. Work on the CPU engine alone never does. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** The information in the data of a survey: with some noise, the Hessian `J^T W W J` is `scale * hessian`. */
export interface SurveyInformation {
  readonly survey: Survey;
  of(noise: NoiseModel): Promise<{ readonly hessian: Tiled; readonly scale: number }>;
}

/** Hessians of a survey that can assemble itself, each summed once per spectrum of noise: a level only scales it. */
export function surveyInformation(survey: Survey, watch: Watch = {}): SurveyInformation {
  const summed: { readonly gram: Float64Array; readonly hessian: Tiled }[] = [];
  let traces: Pick<AssembledSurvey, "range" | "interpolation"> | undefined;
  const assemble = async () => {
    const assembled = await survey.assemble!();
    survey.solves.add(assembled.solves);
    traces = { range: assembled.range, interpolation: assembled.interpolation };
    return assembled;
  };
  const informationOf = async (noise: NoiseModel) => {
    let assembled = traces ? undefined : await assemble();
    const gram = noiseGram(traces!, noise);
    let like = summed.find((i) => scaleTo(gram, i.gram) !== undefined);
    if (!like) {
      assembled ??= await assemble();
      const cells = survey.mask.reduce((a, b) => a + b),
        settings = { gram, sources: survey.sources, cells, watch };
      summed.push(like = { gram, hessian: await assembledHessian(assembled, settings) });
    }
    return { hessian: like.hessian, scale: scaleTo(gram, like.gram)! };
  };
  return { survey, of: inTurn(informationOf) };
}

/** Runs calls one after another, because each may use results of an earlier one. */
export function inTurn<A, B>(work: (a: A) => Promise<B>): (a: A) => Promise<B> {
  let last: Promise<unknown> = Promise.resolve();
  return (a) => {
    const next = last.then(() => work(a));
    last = next.catch(() => {});
    return next;
  };
}

/** The ratio of two Gram matrices if one is a multiple of the other. The Hessians then have the same ratio. */
function scaleTo(gram: Float64Array, other: Float64Array): number | undefined {
  const peak = (values: Float64Array) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const scale = peak(gram) / peak(other);
  const left = peak(gram.map((v, k) => v - scale * other[k]));
  return left <= 1e-9 * peak(gram) ? scale : undefined;
}
