import { fold, type Key, normals64, uniforms } from "../../../core/base/random.ts";

/** Lowest and highest value that a parameter of an image may take. */
export type Range = readonly [number, number];

/** The draw of a named parameter, uniform in its range. */
export function within(range: Range, { key, name }: { key: Key; name: string }): number {
  return range[0] + (range[1] - range[0]) * uniforms(fold(key, name), 1)[0];
}

/** The draw of a named whole number, uniform in its range, both ends included. */
export function countWithin([low, high]: Range, { key, name }: { key: Key; name: string }): number {
  return Math.floor(within([low, high + 1], { key, name }));
}

/** Nodes of a random lattice along each axis, a power of two; the function repeats after them, far outside. */
const NODES = 64;

/** Standard deviation, averaged over a cell, of one axis' joined normals: `sqrt(E[(1 - s)^2 + s^2])`, s = ease(t). */
const JOINED = Math.sqrt(1 - 2 * (1 / 2) + 2 * (13 / 35));

/**
 * A smooth random function of two coordinates, of mean 0 and variance 1: normals on a lattice of the given steps,
 * joined by cubic Hermite weights (value noise).
 */
export function smoothField(key: Key, [a, b]: readonly [number, number]): (u: number, v: number) => number {
  const lattice = normals64(key, NODES * NODES).map((v) => v / JOINED ** 2);
  const at = (i: number, j: number) => lattice[(i & (NODES - 1)) * NODES + (j & (NODES - 1))];
  return (u, v) => {
    const i = Math.floor(u / a), j = Math.floor(v / b), s = ease(u / a - i), t = ease(v / b - j);
    const top = (1 - t) * at(i, j) + t * at(i, j + 1);
    const bottom = (1 - t) * at(i + 1, j) + t * at(i + 1, j + 1);
    return (1 - s) * top + s * bottom;
  };
}

const ease = (t: number) => t * t * (3 - 2 * t);
