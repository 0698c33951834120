import type { Wavelet } from "../../core/contracts/operator.ts";
import type { Remark, SpecContext } from "../../core/contracts/plugin.ts";
import { written } from "../../core/base/units.ts";
import { countOf, type Line, type Points, positionsOf, spreadsOf } from "../acquisition.ts";
import { velocityRange } from "../background.ts";
import type { Scene } from "../born.ts";
import { type Grid, isInside, limitsOf, type Position } from "../grid.ts";
import { errorText, largestEvery, SNAPSHOT_ERROR, snapshotError } from "../snapshots.ts";
import { maxTimeStep, type Order, ORDERS, phaseError } from "../stencil.ts";
import { highestFrequency, peakFrequency, peakTime } from "../wavelet.ts";
import { latestReflection } from "./born_arrival.ts";
import { fileRemarks, loadBorn, type LoadedBorn } from "./born_files.ts";
import { sceneOf } from "./born_geometry.ts";
import { type BornOptions, muteRows } from "./born_schema.ts";

/** What is wrong with options that satisfy the schema. */
export function checkBorn(options: BornOptions, { specFolder, encoding }: SpecContext): Remark[] {
  const large = tooLarge(options);
  if (large.length > 0) return large;
  const plain = [
    ...placesInside(options),
    ...fittingLists(options),
    ...someUnknowns(options),
    ...layersInside(options),
    ...fileRemarks(options, specFolder),
    ...singleShots(options, encoding),
    ...oneSpread(options),
  ];
  if (plain.length > 0) return plain;
  const loaded = loadBorn(options, specFolder), scene = sceneOf(loaded), { velocity } = scene;
  return [
    ...stableStep(loaded, velocity),
    ...resolvedWaves(loaded, velocity),
    ...sampledWavelet(loaded),
    ...quietStart(loaded, scene.wavelet),
    ...denseSnapshots(loaded, scene),
    ...longRecord(loaded, velocity),
  ];
}

/** Cells of a grid and samples of a trace, beyond which the checks themselves would take gigabytes. */
const MOST_CELLS = 2 ** 24, MOST_SAMPLES = 2 ** 20;

function tooLarge({ grid: { shape: [nz, nx] }, acquisition: { record } }: BornOptions): Remark[] {
  const millions = (count: number) => `${Math.floor(count / 1e5) / 10} million`;
  const remark = (
    path: Remark["path"],
    { count, what, most }: { count: number; what: string; most: number },
  ) =>
    count <= most ? [] : [{
      path,
      message: `has ${(count / 1e6).toFixed(1)} million ${what}: it must have at most ${millions(most)}`,
    }];
  const samples = record.length / record.interval;
  return [
    ...remark(["grid", "shape"], { count: nz * nx, what: "cells", most: MOST_CELLS }),
    ...remark(["acquisition", "record"], { count: samples, what: "samples", most: MOST_SAMPLES }),
  ];
}

function placesInside({ grid, acquisition: { sources, receivers } }: BornOptions): Remark[] {
  const under = (which: string, remarks: Remark[]) =>
    remarks.map(({ path, message }) => ({ path: ["acquisition", which, ...path], message }));
  const outside = under("sources", fixedInside(sources, grid));
  if (receivers.kind !== "streamer") return [...outside, ...under("receivers", fixedInside(receivers, grid))];
  return outside.length > 0 ? outside : under("receivers", movingInside({ grid, sources, receivers }));
}

function fixedInside(spread: Line | Points, grid: Grid): Remark[] {
  if (spread.kind !== "points") return lineInside(spread, grid);
  return spread.positions.flatMap((position, i) =>
    isInside(position, grid) ? [] : [{ path: ["positions", i], message: outsideText(position, grid) }]
  );
}

function lineInside(line: Line, grid: Grid): Remark[] {
  const [depth, width] = limitsOf(grid), limits = { depth, first: width, last: width };
  return (["depth", "first", "last"] as const).flatMap((key) => {
    const value = line[key] ?? 0;
    if (value <= limits[key]) return [];
    return [{
      path: [key],
      message: `${placeText(value, limits[key])} is outside of the grid: it must be at most ${
        metres(limits[key])
      }`,
    }];
  });
}

function movingInside(
  { grid, sources, receivers }:
    & Pick<BornOptions, "grid">
    & Pick<BornOptions["acquisition"], "sources" | "receivers">,
): Remark[] {
  const places = positionsOf(sources, grid);
  for (const [i, spread] of spreadsOf({ ...receivers, dead: [] }, { sources: places, grid }).entries()) {
    const j = spread.findIndex((position) => !isInside(position, grid));
    if (j < 0) continue;
    return [{ path: [], message: `receiver ${j} of source ${i}: ${outsideText(spread[j], grid)}` }];
  }
  return [];
}

function outsideText([z, x]: Position, grid: Grid): string {
  const [deepest, farthest] = limitsOf(grid), place = `${placeText(z, deepest)}, ${placeText(x, farthest)}`;
  return `[${place}] is outside of the grid: it must lie in 0..${metres(deepest)} by 0..${metres(farthest)}`;
}

/** One weight per source; dead receivers that are there, and some that live. */
function fittingLists({ acquisition: { sources, receivers } }: BornOptions): Remark[] {
  const count = countOf(sources),
    spread = countOf(receivers),
    { weights } = sources,
    { dead = [] } = receivers;
  const remarks: Remark[] = dead.flatMap((receiver, i) =>
    receiver < spread ? [] : [{
      path: ["acquisition", "receivers", "dead", i],
      message: `there is no receiver ${receiver}: the receivers are 0 to ${spread - 1}`,
    }]
  );
  if (remarks.length === 0 && new Set(dead).size === spread) {
    remarks.push({
      path: ["acquisition", "receivers", "dead"],
      message: `all ${spread} receivers are dead: some must live`,
    });
  }
  if (weights === undefined || weights.length === count) return remarks;
  const message = `has ${weights.length} weights: it must have one per source, ${count}`;
  return [...remarks, { path: ["acquisition", "sources", "weights"], message }];
}

function someUnknowns(options: BornOptions): Remark[] {
  const rows = muteRows(options), all = options.grid.shape[0];
  if (rows < all) return [];
  const path = options.mute ? ["mute"] : ["background", "water", "depth"];
  return [{ path, message: `${rows} rows are all of the grid's ${all}: fewer must be muted` }];
}

function layersInside({ background, grid }: BornOptions): Remark[] {
  if (background.kind !== "layered") return [];
  const [deepest] = limitsOf(grid);
  return background.layers.flatMap(({ depth }, i) =>
    depth <= deepest ? [] : [{
      path: ["background", "layers", i, "depth"],
      message: `${placeText(depth, deepest)} is below the grid: a layer must begin at ${
        metres(deepest)
      } at most`,
    }]
  );
}

function singleShots(
  { acquisition: { receivers } }: BornOptions,
  encoding: SpecContext["encoding"],
): Remark[] {
  if (receivers.kind !== "streamer" || !encoding || encoding === "shots") return [];
  return [{
    path: ["acquisition", "receivers", "kind"],
    message: `a spread that moves with its source records no simultaneous sources: correction.encoding is ` +
      `${encoding} and must be shots`,
  }];
}

function oneSpread({ assemble, acquisition: { receivers } }: BornOptions): Remark[] {
  if (!assemble || receivers.kind !== "streamer") return [];
  return [{
    path: ["assemble"],
    message: "Receivers that move with their source cannot be assembled: it must be false",
  }];
}

function stableStep(
  { grid: { spacing }, order, acquisition: { record } }: LoadedBorn,
  velocity: Float64Array,
): Remark[] {
  const [, fastest] = velocityRange(velocity);
  const limit = maxTimeStep(order, { spacing, velocity: fastest });
  if (record.interval <= limit) return [];
  return [{
    path: ["acquisition", "record", "interval"],
    message: `Cannot step the wavefield with dt = ${milliseconds(record.interval)}: it must be at most ` +
      `${written("time", limit, "ms", "at most")} for a maximum velocity of ${kilometres(fastest)}`,
  }];
}

/** Phase velocities that are further off than this at the wavelet's peak are a mistake, not a coarse grid. */
const WORST_PHASE_ERROR = 0.15;

function resolvedWaves(
  { grid: { spacing }, order, acquisition: { wavelet, record } }: LoadedBorn,
  model: Float64Array,
): Remark[] {
  const [slowest] = velocityRange(model), h = Math.max(...spacing), frequency = peakFrequency(wavelet);
  const error = (order: Order) =>
    Math.abs(phaseError(order, { h, dt: record.interval, frequency, velocity: slowest }));
  if (error(order) <= WORST_PHASE_ERROR) return [];
  const enough = ORDERS.find((other) => error(other) <= WORST_PHASE_ERROR);
  const fault = error(order) === 1
    ? `is not carried at order ${order}: the error of its phase velocity`
    : `its phase velocity is wrong by ${Math.ceil(1000 * error(order)) / 10} % at order ${order}: it`;
  return [{
    path: ["grid", "spacing"],
    message:
      `A wave of ${short(frequency)} Hz at ${kilometres(slowest)} has ${
        (slowest / frequency / h).toFixed(2)
      } ` +
      `points per wavelength and ${fault} must be within ${100 * WORST_PHASE_ERROR} %, by a finer grid` +
      (enough ? `, a lower frequency or order ${enough}` : " or a lower frequency"),
  }];
}

function sampledWavelet({ acquisition: { wavelet, record } }: LoadedBorn): Remark[] {
  const longest = 1 / (2 * highestFrequency(wavelet));
  if (record.interval <= longest) return [];
  return [{
    path: ["acquisition", "record", "interval"],
    message: `${milliseconds(record.interval)} does not sample the wavelet: it must be ` +
      `at most ${written("time", longest, "ms", "at most")}`,
  }];
}

/** A wavelet may begin with this part of its peak: more is a jump, whose high frequencies no grid carries. */
const LARGEST_START = 0.05;

function quietStart({ acquisition: { wavelet, record } }: LoadedBorn, { samples }: Wavelet): Remark[] {
  const start = Math.abs(samples[0]) / samples.reduce((peak, v) => Math.max(peak, Math.abs(v)), 0);
  // A record that ends before the peak is too short, which is another fault.
  if (start <= LARGEST_START || record.length <= peakTime(wavelet)) return [];
  const keys = ["path", "delay", "band"].filter((key) => key in wavelet).slice(0, 1);
  const mend = wavelet.kind === "file" ? "begin the file earlier, or taper it" : "delay it more";
  return [{
    path: ["acquisition", "wavelet", ...keys],
    message:
      `The wavelet begins with a jump to ${(100 * start).toFixed(0)} % of its peak: it must begin with ` +
      `${100 * LARGEST_START} % at most, so ${mend}`,
  }];
}

function denseSnapshots({ snapshotEvery: every = 1 }: LoadedBorn, scene: Scene): Remark[] {
  const error = every === 1 ? 0 : snapshotError(scene)(every);
  if (error <= SNAPSHOT_ERROR) return [];
  return [{
    path: ["snapshotEvery"],
    message: `Where the background is kept every ${every} steps J may be off by ${errorText(error)}, and ` +
      `${errorText(SNAPSHOT_ERROR)} is allowed: it must be at most ${largestEvery(scene)}`,
  }];
}

function longRecord(options: LoadedBorn, velocity: Float64Array): Remark[] {
  const { source, time } = latestReflection(options, velocity), { length } = options.acquisition.record;
  // A millionth of a sample is rounding.
  if (time <= length + 1e-6 * options.acquisition.record.interval) return [];
  return [{
    path: ["acquisition", "record", "length"],
    message:
      `${length} s is too short: the peak reflected by the deepest row arrives at ${
        written("time", time, "s")
      } ` +
      `under source ${source}, so it must be at least ${written("time", time, "s", "at least")}`,
  }];
}

/** A place as people write it; with all its digits where fewer would be the limit's. */
function placeText(place: number, limit: number): string {
  const text = written("length", place, "m");
  return text === metres(limit) ? `${place} m` : text;
}

/** A limit of a place, as a spec may have it. */
function metres(limit: number): string {
  return written("length", limit, "m", "at most");
}

function milliseconds(seconds: number): string {
  return `${short(seconds * 1e3)} ms`;
}

function kilometres(velocity: number): string {
  return `${short(velocity / 1e3)} km/s`;
}

function short(value: number): number {
  return Number(value.toPrecision(6));
}
