import type { LinearOperator } from "../contracts/operator.ts";
import { type Key, uniforms } from "../base/random.ts";
import type { Vector } from "../contracts/vector.ts";
import { sizeOf } from "../base/shape.ts";

/** Random probes of the diagonal; cells are averaged, so few are needed. */
export const PROBES = 2;

/** Rows darker than this part of the brightest count as this bright. */
const FLOOR = 1e-3;

/**
 * Preconditioner `P = diag(A^T A)^(-1/2)` of a section, averaged over each row of the domain's last axis and scaled to
 * mean 1: deep reflectors are as easy to fit as shallow ones. The diagonal is that of {@link illumination}.
 */
export async function illuminationPreconditioner(
  a: LinearOperator,
  options: ProbeOptions,
): Promise<Float64Array> {
  const { shape } = a.domain, size = sizeOf(a.domain), width = shape[shape.length - 1];
  const rows = new Float64Array(size / width);
  (await illumination(a, options)).forEach((bright, i) => rows[Math.floor(i / width)] += bright);
  const brightest = rows.reduce((x, y) => Math.max(x, y));
  const scale = rows.map((bright) => 1 / Math.sqrt(Math.max(bright / brightest, FLOOR)));
  const mean = scale.reduce((x, y) => x + y, 0) / scale.length;
  return Float64Array.from({ length: size }, (_, i) => scale[Math.floor(i / width)] / mean);
}

/** Half width in cells of the square that {@link smoothIllumination} averages over. */
const HALF = 4;

/** The {@link illumination} of an image [z, x], averaged over squares of 9 cells a side; smaller ones at the edges. */
export async function smoothIllumination(a: LinearOperator, options: ProbeOptions): Promise<Float64Array> {
  const [rows, columns] = a.domain.shape, bright = await illumination(a, options);
  return bright.map((_, cell) => {
    const z = Math.floor(cell / columns), x = cell % columns;
    let sum = 0, count = 0;
    for (let i = Math.max(0, z - HALF); i <= Math.min(rows - 1, z + HALF); i++) {
      for (let j = Math.max(0, x - HALF); j <= Math.min(columns - 1, x + HALF); j++, count++) {
        sum += bright[i * columns + j];
      }
    }
    return sum / count;
  });
}

interface ProbeOptions {
  readonly key: Key;
  readonly whiten?: (r: Vector) => Vector;
}

/**
 * `diag(A^T W W A)`, estimated by the mean of `v * A^T W W A v` over two random sign vectors v (Bekas, Kokiopoulou and
 * Saad 2007, Applied Numerical Mathematics 57, 1214-1229): unbiased, and so noisy in each cell that it wants averages.
 */
async function illumination(
  a: LinearOperator,
  { key, whiten = (r) => r }: ProbeOptions,
): Promise<Float64Array> {
  const size = sizeOf(a.domain);
  const diagonal = new Float64Array(size), draws = uniforms(key, PROBES * size);
  for (let k = 0; k < PROBES; k++) {
    const v = Float32Array.from({ length: size }, (_, i) => draws[k * size + i] < 0.5 ? -1 : 1);
    const image = await a.adjoint(whiten(whiten(await a.forward(v))));
    image.forEach((g, i) => diagonal[i] += g * v[i] / PROBES);
  }
  return diagonal;
}
