import type { Resources } from "../core/contracts/cost.ts";
import type { SolveCounter, Survey } from "../core/contracts/operator.ts";
import type { Space } from "../core/contracts/vector.ts";
import { openDevice } from "../core/engine/mod.ts";
import type { Position } from "./acquisition.ts";
import { written } from "../core/base/units.ts";
import { type Grid, isInside, limitsOf, onGrid } from "./grid.ts";
import { assembleSurvey } from "./propagator/assemble.ts";
import { BackgroundCache } from "./propagator/background_cache.ts";
import { oraclePool, pooledLater, workerPool } from "./propagator/pool.ts";
import { type Geometry, type Setting, settingOf } from "./propagator/setting.ts";
import { residenceOf } from "./propagator/residence.ts";
import { modelling, shotOperator, type Source } from "./propagator/shot_operator.ts";
import { webgpuPool } from "./propagator/webgpu/pool.ts";
import { slotBytes, type Snapshots } from "./propagator/wasm/kernels.ts";
import { largestEvery } from "./snapshots.ts";
import { maxTimeStep } from "./stencil.ts";

/** How a survey is computed. */
export interface Computation extends Partial<Resources> {
  /** `wasm` (default): f32 on Web Workers; `webgpu`: f32 on a GPU; `oracle`: plain f64 on the calling thread. */
  readonly engine?: "wasm" | "webgpu" | "oracle";
  readonly snapshots?: Snapshots;
}

/** A geometry that need not say how often the background is kept: as seldom as `SNAPSHOT_ERROR` allows. */
export type Scene = Omit<Geometry, "every"> & Partial<Pick<Geometry, "every">>;

/** Bytes of background wavefields kept by all workers together, unless said otherwise. */
const MEMORY = 4 * 2 ** 30;

/**
 * Linearized (Born) seismic data acquisition, `d_i = J_i x`, with `dm = amplitude x` a perturbation of the squared
 * slowness [s^2/m^2] on a fixed background. In `m0 u_tt - Laplacian u = q(t) delta(r - r_i)` (a positive source
 * pushes u up), J gives du of `m0 du_tt - Laplacian du = -dm u_tt` at the receivers; sample n is du at t = n dt,
 * before step n. q and u share their unit (a delta function is 1/(dz dx) in one cell). J^T is the exact
 * transpose of J (plain sums, no cell area or dt), also of the sponge and of off-grid receivers.
 */
export function bornSurvey(scene: Scene, computation: Computation = {}): Survey {
  checkGeometry(scene);
  const placed = withPlacesOnGrid(scene);
  const geometry = { ...placed, every: placed.every ?? largestEvery(placed) };
  const { grid, wavelet, muteRows } = geometry, setting = settingOf(geometry), solves = solveCounter();
  const domain: Space = { name: "dm", kind: "image", shape: grid.shape }, { spread } = setting;
  const shotRange: Space = { name: "shot", kind: "data", shape: [spread, wavelet.samples.length] };
  const shared = { ...openPool(setting, computation), domain, solves }, sources = geometry.sources.length;
  const range: Space = { name: "data", kind: "data", shape: [sources, ...shotRange.shape] };
  const moving = geometry.receivers.length > 1;
  const single = Array.from({ length: sources }, (_, i): Source => {
    const weights = unit(i, sources);
    return { name: `shot ${i}`, weights, key: weights.join(), firstReceiver: moving ? i * spread : 0 };
  });
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
    acquisition: geometry,
    solves,
    shot: (i) => shotOperator([checkShot(single[i], { i, sources })], { ...shared, range: shotRange }),
    encoded: (weights) =>
      shotOperator([encodedSource(weights, { single, moving })], { ...shared, range: shotRange }),
    stacked: shotOperator(single, { ...shared, range }),
    nonlinear: modelling(single, { ...shared, range }),
    assemble: moving ? undefined : () => assembleSurvey(setting),
    close: () => Promise.resolve(shared.pool.close()),
  };
}

function withPlacesOnGrid({ grid, sources, receivers, ...rest }: Scene): Scene {
  const moved = (places: readonly Position[]) => places.map((place) => onGrid(place, grid));
  return { ...rest, grid, sources: moved(sources), receivers: receivers.map(moved) };
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

/** The source that fires all sources together with these weights; over receivers that move, one of them alone. */
function encodedSource(
  weights: Float64Array,
  { single, moving }: { single: readonly Source[]; moving: boolean },
): Source {
  if (weights.length !== single.length) {
    throw new Error(
      `An encoded shot has ${weights.length} weights: it must have one per source, ${single.length}`,
    );
  }
  const fired = single.filter((_, i) => weights[i] !== 0);
  if (moving && fired.length > 1) {
    throw new Error(
      "Sources cannot be fired together over receivers that move with them: correct shot by shot",
    );
  }
  const [{ firstReceiver }] = moving && fired.length === 1 ? fired : single;
  return { name: "an encoded shot", weights: weights.slice(), key: weights.join(), firstReceiver };
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

function openPool(setting: Setting, { engine = "wasm", snapshots = "int16", ...given }: Computation) {
  const resources = { workers: navigator.hardwareConcurrency, memory: MEMORY, ...given };
  const sources = setting.sources.starts.length - 1;
  if (engine === "oracle") {
    return { pool: oraclePool(setting), cache: new BackgroundCache({ propagators: 1, slots: 2 * sources }) };
  }
  const bytes = slotBytes(setting, snapshots);
  if (engine === "webgpu") {
    const slots = Math.max(1, Math.min(2 * sources, Math.floor(resources.memory / bytes)));
    const pool = pooledLater(async () =>
      webgpuPool(setting, { device: await openDevice(), snapshots, slots })
    );
    return { pool, cache: new BackgroundCache({ propagators: 1, slots }) };
  }
  const { where, slots } = residenceOf({ sources, bytes }, resources);
  const scratch = where === "file" ? resources.scratch?.folder : undefined;
  const pool = workerPool(setting, { workers: resources.workers, snapshots, scratch });
  return { pool, cache: new BackgroundCache({ propagators: pool.load.length, slots }) };
}

function checkGeometry({ grid, velocity, sources, receivers, wavelet, order, muteRows }: Scene): void {
  const [spread] = receivers, spreads = receivers.length;
  if (!spread?.length || (spreads > 1 && spreads !== sources.length)) {
    throw new Error(
      `${spreads} spreads of receivers for ${sources.length} sources: there must be one, or one each`,
    );
  }
  if (receivers.some(({ length }) => length !== spread.length)) {
    throw new Error("Spreads differ in their number of receivers: all must have equally many");
  }
  sources.forEach((position, i) => checkInside(grid, { position, name: `Source ${i}` }));
  receivers.flat().forEach((position, i) =>
    checkInside(grid, { position, name: `Receiver ${i % spread.length}` })
  );
  if (muteRows >= grid.shape[0]) {
    throw new Error(`${muteRows} muted rows leave nothing of ${grid.shape[0]}: mute fewer rows`);
  }
  const fastest = velocity.reduce((a, b) => Math.max(a, b));
  const limit = maxTimeStep(order, { spacing: grid.spacing, velocity: fastest });
  if (wavelet.dt > limit) {
    throw new Error(
      `Cannot step the wavefield with dt = ${written("time", wavelet.dt, "ms")}: it must be at most ` +
        `${written("time", limit, "ms", "at most")} for a maximum velocity of ${
          written("velocity", fastest, "km/s")
        }`,
    );
  }
}

function checkInside(grid: Grid, { position: [z, x], name }: { position: Position; name: string }): void {
  if (isInside([z, x], grid)) return;
  const [depth, width] = limitsOf(grid).map((limit) => written("length", limit, "m", "at most"));
  throw new Error(
    `${name} at depth ${z} m, ${x} m along is outside of the grid: it must lie in 0..${depth} by 0..${width}`,
  );
}
