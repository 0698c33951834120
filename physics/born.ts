import type { SolveCounter, Survey } from "../core/contracts/operator.ts";
import type { Space } from "../core/contracts/vector.ts";
import type { Position } from "./acquisition.ts";
import { extentOf, type Grid } from "./grid.ts";
import { assembleSurvey } from "./propagator/assemble.ts";
import { BackgroundCache } from "./propagator/cache.ts";
import { oraclePool, workerPool } from "./propagator/pool.ts";
import { type Geometry, type Setting, settingOf } from "./propagator/setting.ts";
import { shotOperator, type Source, sourceOf } from "./propagator/shot_operator.ts";
import { slotBytes, type Snapshots } from "./propagator/wasm/kernels.ts";
import { maxTimeStep } from "./stencil.ts";

/** Bytes of background wavefields kept by all workers together, unless said otherwise. */
export const CACHE_BYTES = 4 * 2 ** 30;

/** How a survey is computed: on how many workers, how precisely, and with how much memory. */
export interface Computation {
  readonly workers: number;
  /** `f64`: the plain oracle on the calling thread. */
  readonly precision?: "f32" | "f64";
  readonly snapshots?: Snapshots;
  readonly cacheBytes?: number;
}

/**
 * Linearized (Born) seismic data acquisition, `d_i = J_i x`, with `dm = amplitude x` a perturbation of the squared
 * slowness [s^2/m^2] on a fixed background. In `m0 u_tt - Laplacian u = q(t) delta(r - r_i)` (a positive source
 * pushes u up), J gives du of `m0 du_tt - Laplacian du = -dm u_tt` at the receivers; sample n is du at t = n dt,
 * before step n. q and u share their unit (a delta function is 1/(dz dx) in one cell). J^T is the exact
 * transpose of J (plain sums, no cell area or dt), also of the sponge and of off-grid receivers.
 */
export function bornSurvey(geometry: Geometry, computation: Computation): Survey {
  checkGeometry(geometry);
  const { grid, wavelet, muteRows } = geometry, setting = settingOf(geometry);
  const { pool, cache } = openPool(setting, computation);
  const domain: Space = { name: "dm", shape: grid.shape };
  const shotRange: Space = { name: "shot", shape: [geometry.receivers.length, wavelet.samples.length] };
  const solves = solveCounter(), sources = geometry.sources.length;
  const operatorOf = (shots: readonly Source[], range: Space) =>
    shotOperator(shots, { domain, range, pool, cache, solves });
  const single = Array.from({ length: sources }, (_, i) => sourceOf(unit(i, sources), `shot ${i}`));
  return {
    domain,
    shotRange,
    sources,
    mask: Float32Array.from(
      { length: grid.shape[0] * grid.shape[1] },
      (_, i) => i < muteRows * grid.shape[1] ? 0 : 1,
    ),
    spacing: grid.spacing,
    unit: `${geometry.amplitude} s^2/m^2`,
    wavelet,
    solves,
    shot: (i) => operatorOf([checkShot(single[i], { i, sources })], shotRange),
    encoded: (weights) => operatorOf([encodedSource(weights, sources)], shotRange),
    stacked: operatorOf(single, { name: "data", shape: [sources, ...shotRange.shape] }),
    assemble: () => assembleSurvey(setting),
    close: () => Promise.resolve(pool.close()),
  };
}

function unit(i: number, n: number): Float64Array {
  const weights = new Float64Array(n);
  weights[i] = 1;
  return weights;
}

function checkShot(source: Source | undefined, { i, sources }: { i: number; sources: number }): Source {
  if (source) return source;
  throw new Error(`There is no shot ${i}: the survey's shots are 0 to ${sources - 1}`);
}

function encodedSource(weights: Float64Array, sources: number): Source {
  if (weights.length !== sources) {
    throw new Error(`An encoded shot has ${weights.length} weights: it must have one per source, ${sources}`);
  }
  return sourceOf(weights.slice(), "an encoded shot");
}

function solveCounter(): SolveCounter {
  let count = 0;
  return {
    get count() {
      return count;
    },
    add: (solves) => void (count += solves),
  };
}

function openPool(setting: Setting, { workers, precision = "f32", ...options }: Computation) {
  const { snapshots = "int16", cacheBytes = CACHE_BYTES } = options;
  const pool = precision === "f64" ? oraclePool(setting) : workerPool(setting, { workers, snapshots });
  const bytes = precision === "f64" ? 2 * slotBytes(setting, "f32") : slotBytes(setting, snapshots);
  const propagators = pool.load.length;
  const slots = Math.max(1, Math.floor(Math.min(cacheBytes / propagators, 3.5 * 2 ** 30) / bytes));
  return { pool, cache: new BackgroundCache({ propagators, slots }) };
}

function checkGeometry({ grid, velocity, sources, receivers, wavelet, order, muteRows }: Geometry): void {
  for (const [what, positions] of [["Source", sources], ["Receiver", receivers]] as const) {
    positions.forEach((position, i) => checkInside(grid, { position, name: `${what} ${i}` }));
  }
  if (muteRows >= grid.shape[0]) {
    throw new Error(`${muteRows} muted rows leave nothing of ${grid.shape[0]}: mute fewer rows`);
  }
  const fastest = velocity.reduce((a, b) => Math.max(a, b));
  const limit = maxTimeStep(order, { spacing: grid.spacing, velocity: fastest });
  if (wavelet.dt > limit) {
    throw new Error(
      `Cannot step the wavefield with dt = ${wavelet.dt * 1e3} ms: it must be at most ` +
        `${(limit * 1e3).toFixed(3)} ms for a maximum velocity of ${fastest / 1e3} km/s`,
    );
  }
}

function checkInside(grid: Grid, { position: [z, x], name }: { position: Position; name: string }): void {
  const [depth, width] = extentOf(grid);
  if (z >= 0 && z <= depth && x >= 0 && x <= width) return;
  throw new Error(
    `${name} at depth ${z} m, ${x} m along is outside of the grid: it must lie in 0..${depth} m by 0..${width} m`,
  );
}
