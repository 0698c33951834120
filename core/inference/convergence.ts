/** Equally large independent populations, each in random order; `paths[p]` is flat [n, size]. */
interface Populations {
  readonly size: number;
  readonly paths: readonly Float64Array[];
}

/** Split R-hat below which populations agree (Vehtari et al. 2021). */
export const CONVERGED = 1.01;

/** Mean and covariance [size, size] of all states of all populations. */
export function momentsOf({ size, paths }: Populations): { mean: Float64Array; covariance: Float64Array } {
  const mean = new Float64Array(size), covariance = new Float64Array(size * size);
  const n = paths.reduce((sum, path) => sum + path.length / size, 0);
  for (const path of paths) path.forEach((v, k) => mean[k % size] += v / n);
  for (const path of paths) {
    for (let at = 0; at < path.length; at += size) {
      for (let i = 0; i < size; i++) {
        const deviation = (path[at + i] - mean[i]) / (n - 1);
        for (let j = 0; j < size; j++) covariance[i * size + j] += deviation * (path[at + j] - mean[j]);
      }
    }
  }
  return { mean, covariance };
}

/**
 * Largest split R-hat of a component: each population is cut in two, and the variance between the halves' means is
 * compared with the variance within, `sqrt((n - 1) / n + B / W)` (Gelman et al. 2013, Bayesian Data Analysis,
 * sec. 11.4). 1 where all halves explore the same density.
 */
export function splitRHat({ size, paths }: Populations): number {
  const half = Math.floor(paths[0].length / size / 2);
  const halves = paths.flatMap((
    path,
  ) => [path.subarray(0, half * size), path.subarray(half * size, 2 * half * size)]);
  return Math.max(
    ...components(size).map((i) => {
      const { between, within } = variances(halves.map((path) => component(path, { i, size })));
      return Math.sqrt((half - 1) / half + between / within);
    }),
  );
}

/**
 * The smallest effective sample size of a component: `m W / B`, at most the number of states. B is the variance
 * between the means of m populations and W the variance within them. It accounts for errors that all states of a
 * population share, such as too many states in one mode. Its relative error is about `sqrt(2 / (m - 1))`.
 */
export function effectiveSampleSize({ size, paths }: Populations): number {
  const most = paths.reduce((sum, path) => sum + path.length / size, 0);
  return Math.min(
    most,
    ...components(size).map((i) => {
      const { between, within } = variances(paths.map((path) => component(path, { i, size })));
      return paths.length * within / between;
    }),
  );
}

/**
 * All states, flat [m n, size]. Rows of the populations alternate, so every leading part has states of each.
 */
export function interleaved({ size, paths }: Populations): Float32Array {
  const out = new Float32Array(paths.length * paths[0].length);
  paths.forEach((path, p) =>
    path.forEach((v, k) => out[(Math.floor(k / size) * paths.length + p) * size + k % size] = v)
  );
  return out;
}

/** Variance of the populations' means, and mean variance of a population. */
function variances(populations: readonly Float64Array[]): { between: number; within: number } {
  const unbiased = (values: ArrayLike<number>) => {
    const all = Array.from(values), mean = average(all);
    return all.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (all.length - 1);
  };
  return {
    between: unbiased(populations.map((p) => average(p))),
    within: average(populations.map(unbiased)),
  };
}

function average(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

function components(size: number): number[] {
  return Array.from({ length: size }, (_, i) => i);
}

function component(path: Float64Array, { i, size }: { i: number; size: number }): Float64Array {
  return Float64Array.from({ length: path.length / size }, (_, t) => path[t * size + i]);
}
