import type { LinearOperator, SolveCounter } from "../../core/contracts/operator.ts";
import type { Space, Vector } from "../../core/contracts/vector.ts";
import type { BackgroundCache } from "./cache.ts";
import type { Pool } from "./pool.ts";
import type { Shot } from "./shots.ts";

/** A single or simultaneous source, not yet placed. */
export type Source = Omit<Shot, "slot">;

/** The source that fires all sources together with these weights. */
export function sourceOf(weights: Float64Array, name: string): Source {
  return { name, weights, key: weights.join() };
}

/** What shot operators of one survey share. */
export interface Means {
  readonly domain: Space;
  readonly range: Space;
  readonly pool: Pool;
  readonly cache: BackgroundCache;
  readonly solves: SolveCounter;
}

/** The operator of some sources, one after another in its range; one message per propagator that has a part of them. */
export function shotOperator(sources: readonly Source[], means: Means): LinearOperator {
  const { domain, range } = means, size = sizeOf(range) / sources.length;
  return {
    domain,
    range,
    async forward(x) {
      checkLength(x, domain);
      const data = likeOf(x, sizeOf(range));
      await solveEach(sources, {
        ...means,
        direction: "forward",
        input: () => x.slice(), // posting a view would copy all of its buffer
        take: (i, shot) => data.set(shot, i * size),
      });
      return data;
    },
    async adjoint(y) {
      checkLength(y, range);
      const images: Vector[] = [];
      await solveEach(sources, {
        ...means,
        direction: "adjoint",
        input: (part) => gather(y, part, size),
        take: (i, image) => images[i] = image,
      });
      return sumInto(likeOf(y, sizeOf(domain)), images);
    },
  };
}

/** Places the sources, solves each propagator's part in one batch, and hands on each source's result. */
async function solveEach(
  sources: readonly Source[],
  { pool, cache, solves, direction, input, take }: Means & {
    direction: "forward" | "adjoint";
    input: (part: readonly number[]) => Vector;
    take: (i: number, result: Vector) => void;
  },
): Promise<void> {
  const parts = placeAll(sources, { pool, cache });
  await Promise.all(parts.map(async ({ propagator, indices, shots }) => {
    const solution = await pool.run(propagator, { direction, input: input(indices), shots });
    solves.add(solution.solves);
    const size = solution.output.length / shots.length;
    indices.forEach((i, k) => take(i, solution.output.subarray(k * size, (k + 1) * size)));
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

function gather(y: Vector, part: readonly number[], size: number): Vector {
  const out = likeOf(y, part.length * size);
  part.forEach((i, k) => out.set(y.subarray(i * size, (i + 1) * size), k * size));
  return out;
}

/** Adds in the order of the shots and in f64, so that the number of workers does not show in the sum. */
function sumInto(out: Vector, images: readonly Vector[]): Vector {
  for (let i = 0; i < out.length; i++) out[i] = images.reduce((sum, image) => sum + image[i], 0);
  return out;
}

function likeOf(x: Vector, length: number): Vector {
  return x instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
}

function sizeOf({ shape }: Space): number {
  return shape.reduce((a, b) => a * b, 1);
}

function checkLength(x: Vector, space: Space): void {
  if (x.length === sizeOf(space)) return;
  throw new Error(
    `A vector of ${x.length} values is not in ${space.name} [${space.shape}]: it must have ${sizeOf(space)}`,
  );
}
