import type {
  ArrayStore,
  AssembledSurvey,
  LinearOperator,
  StoredArray,
  Survey,
} from "../core/contracts/operator.ts";
import type { Space, Vector } from "../core/contracts/vector.ts";
import {
  add,
  advance,
  channels,
  dispose,
  joinChannels,
  matMul,
  read,
  reshape,
  scope,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from "../core/engine/mod.ts";
import { zerosLike } from "../core/linalg/mod.ts";
import { sizeOf } from "../core/base/shape.ts";

const F32 = 4;

/** Bytes of a matrix that are multiplied at a time: more would leave the processor's caches. */
const BLOCK = 16 * 2 ** 20;

/** A matrix and the engine's own arrangement of it for products from the left. */
export const COPIES = 2;

/**
 * A survey whose `shot` and `stacked` multiply by explicit matrices, held by the opened engine, and solve no wave
 * equations: equal to the survey's own to 1e-4 of their norm, in f32. Simultaneous sources and `F` stay the survey's
 * own. `store` keeps the matrices for the next run.
 */
export async function assembledSurvey(survey: Survey, means: Means): Promise<Survey> {
  const { shotRange, sources, domain } = survey, range = survey.stacked.range;
  const { kept, interpolation, transposed } = await arraysOf(survey, means), shots: Tensor[][] = [];
  for (let i = 0; i < sources; i++) shots.push(blocksOf(await transposed(i), sizeOf(kept)));
  const shared = { domain, kept, interpolation };
  return {
    ...survey,
    shot: (i) => i in shots ? product([shots[i]], { ...shared, range: shotRange }) : survey.shot(i),
    stacked: product(shots, { ...shared, range }),
    assemble: () =>
      Promise.resolve({ solves: 0, range: kept, interpolation, transposed: (i) => joined(shots[i]) }),
    close() {
      for (const block of shots.flat()) dispose({ block });
      return survey.close();
    },
  };
}

interface Means {
  /** Bytes of memory that the matrices may take. */
  readonly memory: number;
  readonly store?: ArrayStore;
}

/** The arrays of an assembled survey, from the store where they are there; the others are made and kept there. */
async function arraysOf(survey: Survey, { memory, store }: Means) {
  const [receivers, samples] = survey.shotRange.shape;
  let made: Promise<AssembledSurvey> | undefined;
  const assembled = () => made ??= assemble(survey, memory);
  const { values, shape } = await keptArray("interpolation", store, async () => {
    const { interpolation, range } = await assembled();
    return { values: interpolation, shape: [samples, range.shape[1]] };
  });
  const kept: Space = { name: "kept samples", kind: "data", shape: [receivers, shape[1]] };
  checkRoom(COPIES * survey.sources * freeCells(survey) * sizeOf(kept), memory);
  return {
    kept,
    interpolation: values,
    async transposed(i: number): Promise<Float32Array> {
      const { values } = await keptArray(`shot ${i}`, store, async () => ({
        values: await (await assembled()).transposed(i),
        shape: [freeCells(survey), ...kept.shape],
      }));
      return values;
    },
  };
}

async function keptArray(
  name: string,
  store: ArrayStore | undefined,
  make: () => Promise<StoredArray>,
): Promise<StoredArray> {
  const stored = await store?.load(name);
  if (stored) return stored;
  const array = await make();
  await store?.save(name, array);
  return array;
}

async function assemble(survey: Survey, memory: number): Promise<AssembledSurvey> {
  if (!survey.assemble) {
    throw new Error(
      "Receivers that move with their source cannot be assembled: set operator.assemble to false",
    );
  }
  checkRoom(freeCells(survey) * sizeOf(survey.shotRange), memory); // Green's functions
  const assembled = await survey.assemble();
  survey.solves.add(assembled.solves);
  return assembled;
}

function freeCells({ mask }: Survey): number {
  return mask.reduce((a, b) => a + b);
}

function checkRoom(values: number, memory: number): void {
  if (F32 * values <= memory) return;
  const mb = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
  throw new Error(
    `The assembled operator takes ${mb(F32 * values)} of memory and may take ${mb(memory)}: ` +
      "set operator.assemble to false, or take fewer cells, receivers or sources",
  );
}

/** What the operators of one survey share. */
interface Shared {
  readonly domain: Space;
  /** [receivers, kept samples]. */
  readonly kept: Space;
  /** T, flat [samples, kept samples]. */
  readonly interpolation: Float32Array;
}

/** Whole rows of a matrix, flat [rows, width], as the tensors that the engine multiplies by one after another. */
function blocksOf(matrix: Float32Array, width: number): Tensor[] {
  const rows = Math.max(1, Math.floor(BLOCK / F32 / width)), all = matrix.length / width;
  return Array.from({ length: Math.ceil(all / rows) }, (_, i) => {
    const values = matrix.slice(i * rows * width, (i + 1) * rows * width);
    return tensor(values, [values.length / width, width]);
  });
}

async function joined(blocks: readonly Tensor[]): Promise<Float32Array> {
  const out = new Float32Array(blocks.reduce((sum, { size }) => sum + size, 0));
  let at = 0;
  for (const block of blocks) {
    out.set(await read(block), at);
    at += block.size;
  }
  return out;
}

/** The operator of some shots, one after another in its range. The free cells follow on the muted ones. */
function product(
  shots: readonly Tensor[][],
  { range, ...shared }: Shared & { range: Space },
): LinearOperator {
  const { domain } = shared, size = sizeOf(domain), shot = sizeOf(range) / shots.length;
  const free = shots[0].reduce((sum, { shape: [rows] }) => sum + rows, 0), muted = size - free;
  return {
    domain,
    range,
    async forward(x, count = 1) {
      checkLength(x, { space: domain, count });
      const models = new Float32Array(count * free), data = zerosLike(x, count * sizeOf(range));
      for (let k = 0; k < count; k++) models.set(x.subarray(k * size + muted, (k + 1) * size), k * free);
      for (const [s, blocks] of shots.entries()) {
        const traces = await demigrate(blocks, { models, count, ...shared });
        for (let k = 0; k < count; k++) {
          data.set(traces.subarray(k * shot, (k + 1) * shot), (k * shots.length + s) * shot);
        }
      }
      return data;
    },
    async adjoint(y, count = 1) {
      checkLength(y, { space: range, count });
      const images = new Float64Array(count * size), data = new Float32Array(count * shot);
      for (const [s, blocks] of shots.entries()) {
        for (let k = 0; k < count; k++) {
          const from = (k * shots.length + s) * shot;
          data.set(y.subarray(from, from + shot), k * shot);
        }
        const image = await migrate(blocks, { data, count, ...shared });
        image.forEach((v, i) => images[Math.floor(i / free) * size + muted + i % free] += v);
      }
      const out = zerosLike(y, images.length);
      out.set(images);
      return out;
    },
  };
}

/** `T M x` of models, flat [count, free cells]: [count, receivers, samples]. */
async function demigrate(
  blocks: readonly Tensor[],
  { models, count, kept, interpolation }: { models: Float32Array; count: number } & Shared,
): Promise<Float32Array> {
  const [receivers, times] = kept.shape, x = tensor(models, [count, models.length / count]);
  let samples: Tensor = zeros([count, sizeOf(kept)]), first = 0;
  for (const block of blocks) {
    const [rows] = block.shape, part = () => matMul(channels(x, first, rows), block);
    samples = advance([samples], () => add(samples, part()));
    first += rows;
  }
  const traces = advance([x, samples], () => {
    const restore = transpose(tensor(interpolation, [interpolation.length / times, times]));
    return matMul(reshape(samples, [count * receivers, times]), restore);
  });
  return await handedOver(traces);
}

/** `M^T T^T d` of data, flat [count, receivers, samples]: [count, free cells]. */
async function migrate(
  blocks: readonly Tensor[],
  { data, count, kept, interpolation }: { data: Float32Array; count: number } & Shared,
): Promise<Float32Array> {
  const [receivers, times] = kept.shape, samples = interpolation.length / times;
  const image = scope(() => {
    const traces = tensor(data, [count * receivers, samples]);
    const thinned = matMul(traces, tensor(interpolation, [samples, times]));
    const columns = transpose(reshape(thinned, [count, sizeOf(kept)]));
    return joinChannels(blocks.map((block) => transpose(matMul(block, columns))));
  });
  return await handedOver(image);
}

/** A tensor's values; frees it. */
async function handedOver(t: Tensor): Promise<Float32Array> {
  const values = await read(t);
  dispose({ t });
  return values;
}

function checkLength(x: Vector, { space, count }: { space: Space; count: number }): void {
  const wanted = count * sizeOf(space);
  if (x.length === wanted) return;
  throw new Error(`A vector of ${x.length} values is not in ${space.name}: it must have ${wanted}`);
}
