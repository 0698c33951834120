/** Equally long runs of several Markov chains, or populations of particles, each in random order; `paths[c]` is flat [steps, size]. */
export interface Chains {
  readonly size: number;
  readonly paths: readonly Float64Array[];
}

/** Split R-hat below which chains agree (Vehtari et al. 2021). */
export const CONVERGED = 1.01;

/** Mean and covariance [size, size] of all states of all chains. */
export function momentsOf({ size, paths }: Chains): { mean: Float64Array; covariance: Float64Array } {
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
 * Largest split R-hat of a component: each chain is cut in two, and the variance between the halves' means is
 * compared with the variance within, `sqrt((n - 1) / n + B / W)` (Gelman et al. 2013, Bayesian Data Analysis,
 * sec. 11.4). 1 where all halves explore the same density.
 */
export function splitRHat({ size, paths }: Chains): number {
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
 * Smallest effective sample size of a component, `m n / (1 + 2 sum_t rho_t)` with the autocorrelation `rho_t` of
 * all chains together, summed over pairs of lags until a pair is negative (Geyer 1992; Vehtari et al. 2021, sec. 3.2).
 */
export function effectiveSampleSize({ size, paths }: Chains): number {
  return Math.min(
    ...components(size).map((i) => {
      const chains = paths.map((path) => component(path, { i, size })), n = chains[0].length;
      const { between, within } = variances(chains);
      const total = within * (n - 1) / n + between;
      const correlation = (lag: number) =>
        1 - (within - average(chains.map((c) => autocovariance(c, lag)))) / total;
      let time = 1 + 2 * correlation(1), least = Infinity;
      for (let lag = 2; lag + 1 < n; lag += 2) {
        const pair = Math.min(correlation(lag) + correlation(lag + 1), least);
        if (pair < 0) break;
        time += 2 * pair;
        least = pair;
      }
      return chains.length * n / time;
    }),
  );
}

/** Variance of the chains' means, and mean variance of a chain. */
function variances(chains: readonly Float64Array[]): { between: number; within: number } {
  const unbiased = (values: ArrayLike<number>) => {
    const all = Array.from(values), mean = average(all);
    return all.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (all.length - 1);
  };
  return { between: unbiased(chains.map((c) => average(c))), within: average(chains.map(unbiased)) };
}

function autocovariance(chain: Float64Array, lag: number): number {
  const mean = average(chain);
  let sum = 0;
  for (let t = lag; t < chain.length; t++) sum += (chain[t] - mean) * (chain[t - lag] - mean);
  return sum / (chain.length - lag);
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
