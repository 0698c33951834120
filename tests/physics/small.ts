import { positionsOf } from "../../physics/acquisition.ts";
import { velocityModel } from "../../physics/background.ts";
import type { Grid } from "../../physics/grid.ts";
import type { Geometry } from "../../physics/propagator/setting.ts";
import { ricker } from "../../physics/wavelet.ts";
import { normals64, rootKey } from "../../core/base/random.ts";

/** A survey of three shots that takes milliseconds: 14 x 19 cells, off-grid sources and receivers. */
export function smallGeometry(changes: Partial<Geometry> = {}): Geometry {
  const grid: Grid = changes.grid ?? { shape: [14, 19], spacing: [12.5, 20] };
  return {
    grid,
    velocity: velocityModel(
      { kind: "gradient", top: 2000, bottom: 2600, water: { depth: 37.5, velocity: 1500 } },
      grid,
    ),
    sources: positionsOf({ count: 3, depth: 16 }, grid),
    receivers: [positionsOf({ count: 5, depth: 25 }, grid)],
    wavelet: ricker({ frequency: 12, delay: 0.05, count: 120, dt: 1.5e-3 }),
    order: 8,
    sponge: { cells: 10 },
    muteRows: 3,
    amplitude: 1e-8,
    every: 4,
    ...changes,
  };
}

/** Standard normals from a seed. */
export function noise64(seed: number, n: number): Float64Array {
  return normals64(rootKey(seed), n);
}

/** `|a - b| / |b|`. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0, size = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) ** 2;
    size += b[i] ** 2;
  }
  return Math.sqrt(difference / size);
}

export function inner(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
