import { positionsOf, spreadsOf } from "../acquisition.ts";
import { extentOf, type Grid } from "../grid.ts";
import { peakTime } from "../wavelet.ts";
import type { LoadedBorn } from "./born_files.ts";

/**
 * The latest of the sources' vertical reflections from the grid's deepest row: the time [s] of the wavelet's peak,
 * plus that from the source straight down and straight up to the shallowest receiver's depth.
 */
export function latestReflection(
  { grid, acquisition: { sources, receivers, wavelet } }: LoadedBorn,
  velocity: Float64Array,
): { source: number; time: number } {
  const places = positionsOf(sources, grid);
  const [shallowest] = spreadsOf(receivers, { sources: places, grid }).flat()
    .reduce((a, b) => a[0] <= b[0] ? a : b);
  const times = places.map(([z, x]) => {
    const column = { velocity, grid, x: Math.round(x / grid.spacing[1]) };
    return peakTime(wavelet) + timeBelow(z, column) + timeBelow(shallowest, column);
  });
  const time = Math.max(...times);
  return { source: times.indexOf(time), time };
}

/** Time [s] from `depth` [m] down to the last row's centre; a cell's velocity holds half a spacing around its centre. */
function timeBelow(
  depth: number,
  { velocity, grid, x }: { velocity: Float64Array; grid: Grid; x: number },
): number {
  const { shape: [nz, nx], spacing: [dz] } = grid, [deepest] = extentOf(grid);
  let time = 0;
  for (let z = 0; z < nz; z++) {
    const top = Math.max(depth, (z - 0.5) * dz), bottom = Math.min(deepest, (z + 0.5) * dz);
    time += Math.max(0, bottom - top) / velocity[z * nx + x];
  }
  return time;
}
