import type { LinearOperator, NonlinearOperator, SolveCounter } from "../../core/contracts/operator.ts";
import type { Space, Vector } from "../../core/contracts/vector.ts";
import { zerosLike } from "../../core/linalg/mod.ts";
import { sizeOf } from "../../core/base/shape.ts";
import type { BackgroundCache } from "./background_cache.ts";
import type { Pool } from "./pool.ts";
import type { Batch, Medium, Shot } from "./shots.ts";

/** A single or simultaneous source, not yet placed. */
export type Source = Omit<Shot, "slot">;

/** What shot operators of one survey share. */
interface Means {
  readonly domain: Space;
  readonly range: Space;
  readonly pool: Pool;
  readonly cache: BackgroundCache;
  readonly solves: SolveCounter;
}

/** The operator of some sources, one after another in its range, linearized about `medium`. */
export function shotOperator(sources: readonly Source[], means: Means, medium?: Medium): LinearOperator {
  const { domain, range } = means, shot = sizeOf(range) / sources.length;
  const there = medium
    ? sources.map((source) => ({ ...source, key: `${source.key} in ${medium.name}` }))
    : sources;
  return {
    domain,
    range,
    forward: (x, count = 1) => dataOf(there, means, { x, count, operation: "demigrate", medium }),
    async adjoint(y, count = 1) {
      checkLength(y, { space: range, count });
      const images: Vector[][] = Array.from({ length: count }, () => []);
      await solveEach(there, {
        ...means,
        batch: (part) => ({ operation: "migrate", count, input: gather(y, part, { count, shot }), medium }),
        take: ({ source, k }, image) => images[k][source] = image,
      });
      const out = zerosLike(y, count * sizeOf(domain));
      images.forEach((each, k) => sumInto(out.subarray(k * sizeOf(domain), (k + 1) * sizeOf(domain)), each));
      return out;
    },
  };
}

/** `F`: the data of media, and its derivative, whose backgrounds are solved anew for every x. */
export function modelling(sources: readonly Source[], means: Means): NonlinearOperator {
  const { domain, range } = means;
  let media = 0;
  return {
    domain,
    range,
    forward: (x, count = 1) => dataOf(sources, means, { x, count, operation: "model" }),
    jacobian(x) {
      checkLength(x, { space: domain, count: 1 });
      return shotOperator(sources, means, { name: `medium ${++media}`, x: x.slice() });
    },
  };
}

/** Data [count, sources, ..] of models, or of media. */
async function dataOf(
  sources: readonly Source[],
  means: Means,
  { x, ...call }: Pick<Batch, "count" | "operation" | "medium"> & { x: Vector },
): Promise<Vector> {
  const { count } = call, { domain, range } = means, shot = sizeOf(range) / sources.length;
  checkLength(x, { space: domain, count });
  const data = zerosLike(x, count * sizeOf(range));
  await solveEach(sources, {
    ...means,
    batch: () => ({ ...call, input: x.slice() }), // posting a view would copy all of its buffer
    take: ({ source, k }, traces) => data.set(traces, (k * sources.length + source) * shot),
  });
  return data;
}

/** Places the sources, solves each propagator's part in one batch, and hands on each source's result. */
async function solveEach(
  sources: readonly Source[],
  { pool, cache, solves, batch, take }: Pick<Means, "pool" | "cache" | "solves"> & {
    batch: (part: readonly number[]) => Omit<Batch, "shots">;
    take: (of: { source: number; k: number }, result: Vector) => void;
  },
): Promise<void> {
  const parts = placeAll(sources, { pool, cache });
  await Promise.all(parts.map(async ({ propagator, indices, shots }) => {
    const request = batch(indices), solution = await pool.run(propagator, { ...request, shots });
    solves.add(solution.solves);
    const size = solution.output.length / shots.length / request.count;
    indices.forEach((source, i) => {
      for (let k = 0; k < request.count; k++) {
        const from = (i * request.count + k) * size;
        take({ source, k }, solution.output.subarray(from, from + size));
      }
    });
  }));
}

/** Which sources each propagator solves, and in which cache slots. */
function placeAll(sources: readonly Source[], { pool, cache }: Pick<Means, "pool" | "cache">) {
  const load = pool.load.slice();
  const parts = new Map<number, { propagator: number; indices: number[]; shots: Shot[] }>();
  sources.forEach((source, i) => {
    const { propagator, slot } = cache.place(source.key, load);
    const part = parts.get(propagator) ?? { propagator, indices: [], shots: [] };
    part.indices.push(i);
    part.shots.push({ ...source, slot });
    parts.set(propagator, part);
    load[propagator]++;
  });
  return [...parts.values()];
}

/** Data [count, sources, shot] as [part, count, shot]. */
function gather(
  y: Vector,
  part: readonly number[],
  { count, shot }: { count: number; shot: number },
): Vector {
  const out = zerosLike(y, part.length * count * shot), sources = y.length / count / shot;
  part.forEach((source, i) => {
    for (let k = 0; k < count; k++) {
      const from = (k * sources + source) * shot;
      out.set(y.subarray(from, from + shot), (i * count + k) * shot);
    }
  });
  return out;
}

/** Adds in the order of the shots and in f64, so that the number of workers does not show in the sum. */
function sumInto(out: Vector, images: readonly Vector[]): void {
  for (let i = 0; i < out.length; i++) out[i] = images.reduce((sum, image) => sum + image[i], 0);
}

function checkLength(x: Vector, { space, count }: { space: Space; count: number }): void {
  if (x.length === count * sizeOf(space)) return;
  const many = count > 1 ? `${count} times ` : "";
  throw new Error(
    `A vector of ${x.length} values is not in ${space.name} [${space.shape}]: it must have ${many}${
      sizeOf(space)
    }`,
  );
}
