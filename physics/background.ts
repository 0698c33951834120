import { type Grid, rowAt } from "./grid.ts";

interface Water {
  readonly depth: number;
  readonly velocity: number;
}

/** Velocity [m/s] below the sea floor (or the surface). */
type Rock =
  | { readonly kind: "constant"; readonly velocity: number }
  | { readonly kind: "gradient"; readonly top: number; readonly bottom: number }
  | { readonly kind: "layered"; readonly layers: readonly Layer[] }
  | { readonly kind: "file"; readonly model: Float64Array };

/** A layer reaches from `depth` [m], its top, to the next one's; the first one reaches up to the sea floor. */
interface Layer {
  readonly depth: number;
  readonly velocity: number;
}

/**
 * A velocity model: constant, linear from the sea floor (or the surface) to the last row, in layers, or as given,
 * flat [z, x]. `smooth` is the standard deviation [m] of a Gaussian that smooths the squared slowness below the water.
 */
export type Background = Rock & { readonly water?: Water; readonly smooth?: number };

/** Rows of cells that lie above the sea floor. */
export function waterRows({ water }: { readonly water?: Water }, grid: Grid): number {
  return rowAt(water?.depth ?? 0, grid);
}

/** The background's velocity [m/s], flat [z, x]. */
export function velocityModel(background: Background, grid: Grid): Float64Array {
  const [nz, nx] = grid.shape, water = Math.min(nz, waterRows(background, grid));
  const velocity = background.kind === "file"
    ? background.model.slice()
    : byRow(grid, (z) => rockVelocity(background, { z, water, grid }));
  const smoothed = background.smooth
    ? smoothBelow(velocity, { water, width: background.smooth, grid })
    : velocity;
  if (background.water) smoothed.fill(background.water.velocity, 0, water * nx);
  return smoothed;
}

function byRow({ shape: [nz, nx] }: Grid, value: (z: number) => number): Float64Array {
  const out = new Float64Array(nz * nx);
  for (let z = 0; z < nz; z++) out.fill(value(z), z * nx, (z + 1) * nx);
  return out;
}

function rockVelocity(
  rock: Exclude<Rock, { kind: "file" }>,
  { z, water, grid }: { z: number; water: number; grid: Grid },
): number {
  if (rock.kind === "constant") return rock.velocity;
  if (rock.kind === "layered") {
    return (rock.layers.findLast(({ depth }) => z >= rowAt(depth, grid)) ?? rock.layers[0]).velocity;
  }
  const fraction = (z - water) / Math.max(1, grid.shape[0] - 1 - water);
  return rock.top + (rock.bottom - rock.top) * fraction;
}

/** Gaussian weights are cut off at this many standard deviations. */
const REACH = 4;

/** Smooths `1/v^2` in the rows from `water` on, by a Gaussian whose weights are renormalized at the edges. */
function smoothBelow(
  velocity: Float64Array,
  { water, width, grid: { shape: [nz, nx], spacing } }: { water: number; width: number; grid: Grid },
): Float64Array {
  const rows = nz - water, slowness = velocity.subarray(water * nx).map((v) => 1 / v ** 2);
  const down = alongAxis(slowness, { length: rows, stride: nx, sigma: width / spacing[0] });
  const across = alongAxis(down, { length: nx, stride: 1, sigma: width / spacing[1] });
  const out = velocity.slice();
  out.set(across.map((m) => 1 / Math.sqrt(m)), water * nx);
  return out;
}

function alongAxis(
  values: Float64Array,
  { length, stride, sigma }: { length: number; stride: number; sigma: number },
): Float64Array {
  const reach = Math.ceil(REACH * sigma);
  const weight = Float64Array.from({ length: reach + 1 }, (_, d) => Math.exp(-0.5 * (d / sigma) ** 2));
  return values.map((_, cell) => {
    const at = Math.floor(cell / stride) % length;
    let sum = 0, total = 0;
    for (let i = Math.max(0, at - reach); i <= Math.min(length - 1, at + reach); i++) {
      const w = weight[Math.abs(i - at)];
      sum += w * values[cell + (i - at) * stride];
      total += w;
    }
    return sum / total;
  });
}

/** Smallest and largest velocity [m/s] of a model. */
export function velocityRange(velocity: Float64Array): [number, number] {
  let low = Infinity, high = -Infinity;
  for (const v of velocity) {
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  return [low, high];
}

/** The velocities [m/s] that stand for a background, by name: the water's, and the rock's ends or layers. */
export function namedVelocities(background: Background): { name: string; velocity: number }[] {
  const { water } = background;
  return [...(water ? [{ name: "water", velocity: water.velocity }] : []), ...rockVelocities(background)];
}

function rockVelocities(rock: Rock): { name: string; velocity: number }[] {
  switch (rock.kind) {
    case "constant":
      return [{ name: "rock", velocity: rock.velocity }];
    case "gradient":
      return [{ name: "top", velocity: rock.top }, { name: "bottom", velocity: rock.bottom }];
    case "layered":
      return rock.layers.map(({ depth, velocity }) => ({ name: `from ${depth} m`, velocity }));
    case "file": {
      const [slowest, fastest] = velocityRange(rock.model);
      return [{ name: "slowest", velocity: slowest }, { name: "fastest", velocity: fastest }];
    }
  }
}
