import type { OperatorCost } from "../../core/contracts/cost.ts";
import { CACHE_BYTES } from "../born.ts";
import { layoutOf } from "../propagator/layout.ts";
import { type BornOptions, largestEvery, muteRows } from "./born_schema.ts";

const F32 = 4, INT16 = 2;

/** Steps between kept background wavefields. */
export function snapshotEvery(options: BornOptions): number {
  return options.snapshotEvery ?? Math.max(1, largestEvery(options));
}

/** Time steps, as many as samples of a trace. */
export function stepsOf({ acquisition: { record } }: BornOptions): number {
  return Math.round(record.length / record.interval);
}

/** Size of the padded grid, of the int16 snapshots of a background, and of the matrices of an assembled survey. */
export function bornCost(options: BornOptions): OperatorCost {
  const { grid: { shape }, boundary: { cells: sponge }, order, acquisition: { sources, receivers } } =
    options;
  const [nz, nx] = shape, steps = stepsOf(options), kept = Math.ceil(steps / snapshotEvery(options));
  const { window } = layoutOf({ shape, sponge, radius: order / 2, mute: muteRows(options) });
  const shotMatrix = nz * nx * receivers.count * kept;
  return {
    domain: shape,
    shotRange: [receivers.count, steps],
    sources: sources.count,
    cellSteps: (nz + 2 * sponge) * (nx + 2 * sponge) * steps,
    backgroundBytes: kept * window.rows * window.columns * INT16,
    cacheBytes: CACHE_BYTES,
    assembledBytes: F32 * 2 * shotMatrix, // Green's functions of the receivers, and one source's matrix
  };
}
