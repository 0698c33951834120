import type { Line } from "../acquisition.ts";
import { velocityRange } from "../background.ts";
import { extentOf, type Grid } from "../grid.ts";
import { maxTimeStep, phaseError } from "../stencil.ts";
import { rickerBandwidth } from "../wavelet.ts";
import { type BornOptions, largestEvery, muteRows } from "./born_schema.ts";

/** A sentence about a key of the options. */
interface Complaint {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What is wrong with options that satisfy the schema. */
export function checkBorn(options: BornOptions): Complaint[] {
  return [
    ...linesInside(options),
    ...stableStep(options),
    ...resolvedWaves(options),
    ...denseSnapshots(options),
    ...someUnknowns(options),
  ];
}

function linesInside({ grid, acquisition }: BornOptions): Complaint[] {
  return (["sources", "receivers"] as const).flatMap((which) =>
    lineInside(acquisition[which], grid).map(({ path, message }) => ({
      path: ["acquisition", which, ...path],
      message,
    }))
  );
}

function lineInside(line: Line, grid: Grid): Complaint[] {
  const [depth, width] = extentOf(grid);
  const limits = { depth, first: width, last: width };
  return (["depth", "first", "last"] as const).flatMap((key) => {
    const value = line[key] ?? 0;
    if (value <= limits[key]) return [];
    return [{
      path: [key],
      message: `${value} m is outside of the grid: it must be at most ${limits[key]} m`,
    }];
  });
}

function stableStep(
  { grid: { spacing }, background, order, acquisition: { record } }: BornOptions,
): Complaint[] {
  const [, fastest] = velocityRange(background);
  const limit = maxTimeStep(order, { spacing, velocity: fastest });
  if (record.interval <= limit) return [];
  return [{
    path: ["acquisition", "record", "interval"],
    message: `Cannot step the wavefield with dt = ${milliseconds(record.interval)}: it must be at most ` +
      `${milliseconds(Math.floor(limit * 1e6) / 1e6)} for a maximum velocity of ${fastest / 1e3} km/s`,
  }];
}

/** Phase velocities that are further off than this at the wavelet's peak are a mistake, not a coarse grid. */
const WORST_PHASE_ERROR = 0.15;

function resolvedWaves(options: BornOptions): Complaint[] {
  const { grid: { spacing }, background, order, acquisition: { wavelet, record } } = options;
  const [slowest] = velocityRange(background), { frequency } = wavelet;
  const h = Math.max(...spacing), points = slowest / frequency / h;
  const error = phaseError(order, { h, dt: record.interval, frequency, velocity: slowest });
  if (Math.abs(error) <= WORST_PHASE_ERROR) return [];
  return [{
    path: ["grid", "spacing"],
    message:
      `A wave of ${frequency} Hz at ${slowest / 1e3} km/s has ${points.toFixed(2)} points per wavelength ` +
      `and its phase velocity is wrong by ${
        (100 * Math.abs(error)).toFixed(0)
      } % at order ${order}: it must be ` +
      `within ${100 * WORST_PHASE_ERROR} %, by a finer grid, a lower frequency or a higher order`,
  }];
}

function denseSnapshots(options: BornOptions): Complaint[] {
  const every = options.snapshotEvery ?? 1, largest = largestEvery(options);
  if (every <= largest) return [];
  if (largest < 1) {
    return [{
      path: ["acquisition", "record", "interval"],
      message:
        `${milliseconds(options.acquisition.record.interval)} does not sample the wavelet: it must be at ` +
        `most ${milliseconds(1 / (2 * rickerBandwidth(options.acquisition.wavelet.frequency)))}`,
    }];
  }
  return [{
    path: ["snapshotEvery"],
    message:
      `Every ${every} steps is too seldom for the wavelet's highest frequency: it must be at most ${largest}`,
  }];
}

function someUnknowns(options: BornOptions): Complaint[] {
  const rows = muteRows(options), all = options.grid.shape[0];
  if (rows < all) return [];
  return [{ path: ["mute"], message: `${rows} rows are all of the grid's ${all}: fewer must be muted` }];
}

function milliseconds(seconds: number): string {
  return `${Number((seconds * 1e3).toPrecision(6))} ms`;
}
