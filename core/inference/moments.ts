/** Running pointwise moments of `n` samples: the mean, and the sum of squared deviations from it. */
interface Moments {
  readonly n: number;
  readonly mean: Float64Array;
  readonly squares: Float64Array;
}

/** The moments of no samples of `size` components. */
export function noMoments(size: number): Moments {
  return { n: 0, mean: new Float64Array(size), squares: new Float64Array(size) };
}

/** The moments with the samples of one more batch, flat [m, size] (Chan, Golub and LeVeque 1983, eq. 2.1). */
export function addSamples(moments: Moments, samples: Float32Array): Moments {
  const size = moments.mean.length, m = samples.length / size, n = moments.n + m;
  const mean = new Float64Array(size), squares = new Float64Array(size);
  for (let k = 0; k < samples.length; k++) mean[k % size] += samples[k] / m;
  for (let k = 0; k < samples.length; k++) squares[k % size] += (samples[k] - mean[k % size]) ** 2;
  for (let i = 0; i < size; i++) {
    const apart = mean[i] - moments.mean[i];
    mean[i] = moments.mean[i] + apart * m / n;
    squares[i] += moments.squares[i] + apart ** 2 * moments.n * m / n;
  }
  return { n, mean, squares };
}

/** Pointwise mean and standard deviation (with n - 1 degrees of freedom), each [size]. */
export function meanAndStdOf({ n, mean, squares }: Moments): { mean: Float32Array; std: Float32Array } {
  const std = Float32Array.from(squares, (v) => Math.sqrt(v / Math.max(n - 1, 1)));
  return { mean: new Float32Array(mean), std };
}
