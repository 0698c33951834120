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
  return smoothedCells(await illumination(a, options), a.domain.shape);
}

/** Values of an image's cells [rows, columns], averaged over squares of 9 cells a side; smaller ones at the edges. */
export function smoothedCells(values: Float64Array, [rows, columns]: readonly number[]): Float64Array {
  return values.map((_, cell) => {
    const z = Math.floor(cell / columns), x = cell % columns;
    let sum = 0, count = 0;
    for (let i = Math.max(0, z - HALF); i <= Math.min(rows - 1, z + HALF); i++) {
      for (let j = Math.max(0, x - HALF); j <= Math.min(columns - 1, x + HALF); j++, count++) {
        sum += values[i * columns + j];
      }
    }
    return sum / count;
  });
}

interface ProbeOptions {
  readonly key: Key;
  readonly whiten?: (r: Vector) => Vector;
}

/** A random sign vector v, and `A^T W W A v`. */
interface Probe {
  readonly signs: Float32Array;
  readonly image: Vector;
}

/** {@link PROBES} probes of `A^T W W A`; each costs one A and one A^T. */
export async function probesOf(
  a: LinearOperator,
  { key, whiten = (r) => r }: ProbeOptions,
): Promise<Probe[]> {
  const size = sizeOf(a.domain), draws = uniforms(key, PROBES * size), probes: Probe[] = [];
  for (let k = 0; k < PROBES; k++) {
    const signs = Float32Array.from({ length: size }, (_, i) => draws[k * size + i] < 0.5 ? -1 : 1);
    probes.push({ signs, image: await a.adjoint(whiten(whiten(await a.forward(signs)))) });
  }
  return probes;
}

/**
 * `diag(A^T W W A)`, estimated by the mean of `v * A^T W W A v` over the probes v (Bekas, Kokiopoulou and Saad 2007,
 * Applied Numerical Mathematics 57, 1214-1229): unbiased, and so noisy in each cell that it wants averages.
 */
export function diagonalOf(probes: readonly Probe[]): Float64Array {
  const diagonal = new Float64Array(probes[0].signs.length);
  for (const { signs, image } of probes) image.forEach((g, i) => diagonal[i] += g * signs[i] / probes.length);
  return diagonal;
}

/** The diagonal by {@link diagonalOf} of new probes. */
async function illumination(a: LinearOperator, options: ProbeOptions): Promise<Float64Array> {
  return diagonalOf(await probesOf(a, options));
}
