import type { AssembledSurvey } from "../../core/contracts/operator.ts";
import type { Vector } from "../../core/contracts/vector.ts";
import { addScaled } from "../../core/linalg/mod.ts";
import { type Key, normals } from "../../core/random.ts";
import { interpolationOf } from "./interpolation.ts";
import { Oracle } from "./oracle.ts";
import { combineRows, type Setting } from "./setting.ts";
import { demigrate, migrate, solveBackground } from "./solve.ts";

/** RMS of what the kept samples leave of a trace, relative to the traces. */
const TOLERANCE = 1e-5;

/** Traces of random models that the kept samples are chosen by, for each sample of a trace. */
const TRACES = 3;

/**
 * Explicit `J_i` from Green's functions: with the kept background `w_i[j]` and the field `g_r[m]`, m steps after an
 * impulse at receiver r, `J_i[(r, n), x] = -k amplitude / dt^2 sum_j w_i[j](x) g_r[n - jk](x)`. One solve per source
 * and per receiver, and a few per source of random models, whose traces tell which samples determine the others
 * (randomized range finder: Halko, Martinsson, Tropp 2011, SIAM Review 53(2), 217-288). Only those are computed.
 */
export function assembleSurvey(setting: Setting): Promise<AssembledSurvey> {
  const sources = setting.sources.starts.length - 1, { spread, wavelet: { length: samples } } = setting;
  const draws = drawsOf({ sources, spread, samples }), gram = new Float64Array(samples ** 2);
  const backgrounds = Array.from({ length: sources }, (_, source) => {
    const oracle = firedOracle(setting, source);
    for (let k = 0; k < draws; k++) addTraces(gram, randomTraces(oracle, { setting, key: [source, k] }));
    return backgroundOf(oracle, setting);
  });
  const greens = { setting, receivers: receiverFields(setting), backgrounds };
  const { times, weights } = interpolationOf(gram, TOLERANCE);
  return Promise.resolve({
    solves: assemblySolves({ sources, spread, samples }),
    range: { name: "kept samples", shape: [spread, times.length] },
    interpolation: weights,
    transposed: (source) => Promise.resolve(shotMatrix(greens, { source, times })),
  });
}

interface Sizes {
  readonly sources: number;
  /** Receivers. */
  readonly spread: number;
  /** Of a trace. */
  readonly samples: number;
}

/** Random models per source. */
function drawsOf({ sources, spread, samples }: Sizes): number {
  return Math.ceil(TRACES * samples / (sources * spread));
}

/** Wave equations that an assembly solves. */
export function assemblySolves(sizes: Sizes): number {
  return sizes.sources * (1 + drawsOf(sizes)) + sizes.spread;
}

interface GreensFunctions {
  readonly setting: Setting;
  /** Flat [free cells, samples by delay, receivers]. */
  readonly receivers: Float32Array;
  /** Per source, flat [free cells, kept steps]. */
  readonly backgrounds: readonly Float32Array[];
}

function keptSteps({ wavelet, every }: Setting): number {
  return Math.ceil(wavelet.length / every);
}

/** Data of a model of white noise from the shot that the oracle has the background of, flat [receivers, samples]. */
function randomTraces(oracle: Oracle, { setting, key }: { setting: Setting; key: Key }): Vector {
  const { shape: [nz, nx] } = setting.layout;
  oracle.setModel(normals(key, nz * nx));
  demigrate(oracle, setting);
  return oracle.readTraces();
}

/** Adds `D^T D`, flat [samples, samples], of traces D, flat [traces, samples]. */
function addTraces(gram: Float64Array, traces: Vector): void {
  const samples = Math.sqrt(gram.length);
  for (let at = 0; at < traces.length; at += samples) {
    const d = traces.subarray(at, at + samples);
    d.forEach((v, i) => addScaled(gram.subarray(i * samples, (i + 1) * samples), v, { x: d }));
  }
}

/** `M_i^T` at some sample times, flat [free cells, receivers, times]. */
function shotMatrix(
  { setting, receivers, backgrounds }: GreensFunctions,
  { source, times }: { source: number; times: Uint32Array },
): Float32Array {
  const { spread, scattering, every, wavelet: { length: samples } } = setting, kept = keptSteps(setting);
  const cells = backgrounds[source].length / kept, sums = new Float64Array(spread);
  const out = new Float32Array(cells * spread * times.length);
  for (let cell = 0; cell < cells; cell++) {
    const impulse = receivers.subarray(cell * samples * spread, (cell + 1) * samples * spread);
    const background = backgrounds[source].subarray(cell * kept, (cell + 1) * kept);
    for (let t = 0; t < times.length; t++) {
      convolveAt(times[t], { impulse, background, every, sums });
      for (let r = 0; r < spread; r++) out[(cell * spread + r) * times.length + t] = -scattering * sums[r];
    }
  }
  return flushed(out);
}

/** `sums[r] = sum_j background[j] impulse[n - j every, r]`. */
function convolveAt(
  n: number,
  { impulse, background, every, sums }: {
    impulse: Float32Array;
    background: Float32Array;
    every: number;
    sums: Float64Array;
  },
): void {
  const spread = sums.length;
  sums.fill(0);
  for (let j = 0, delay = n; delay >= 0; j++, delay -= every) {
    const w = background[j], at = delay * spread;
    if (w === 0) continue;
    for (let r = 0; r < spread; r++) sums[r] += w * impulse[at + r];
  }
}

/** Values below this part of the largest one are noise of rounding. */
const NEGLIGIBLE = 1e-12;

/** Sets negligible values to 0, in place: ahead of the first arrival there are subnormal ones, which are slow. */
function flushed(values: Float32Array): Float32Array {
  const limit = NEGLIGIBLE * values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i]) < limit) values[i] = 0;
  return values;
}

/** An oracle that holds the kept background of one source. */
function firedOracle(setting: Setting, source: number): Oracle {
  const oracle = new Oracle(setting, { precision: "f32" });
  const weights = new Float64Array(setting.sources.starts.length - 1);
  weights[source] = 1;
  oracle.setSource(combineRows(setting.sources, weights));
  oracle.selectSlot(0);
  solveBackground(oracle, setting);
  return oracle;
}

/** Kept background, flat [free cells, kept steps]. */
function backgroundOf(oracle: Oracle, setting: Setting): Float32Array {
  const { window: { rows }, shape: [, columns] } = setting.layout, kept = keptSteps(setting);
  const out = new Float32Array(rows * columns * kept);
  for (let j = 0; j < kept; j++) eachFree(setting, oracle.snapshot(j), (w, cell) => out[cell * kept + j] = w);
  return flushed(out);
}

/** Fields of an impulse at each receiver, flat [free cells, samples by delay, receivers]. */
function receiverFields(setting: Setting): Float32Array {
  const { layout: { window: { rows }, shape: [, columns] }, spread, wavelet: { length: samples } } = setting;
  const out = new Float32Array(rows * columns * samples * spread);
  for (let r = 0; r < spread; r++) {
    const impulse = new Float32Array(spread * samples);
    impulse[(r + 1) * samples - 1] = 1;
    let delay = 0;
    const recorder = new AdjointRecorder(setting, (field) => {
      eachFree(setting, field, (g, cell) => out[(cell * samples + delay) * spread + r] = g);
      delay++;
    });
    recorder.setTraces(impulse);
    migrate(recorder, { ...setting, every: 1 });
  }
  return flushed(out);
}

/** Hands on the adjoint field of every step, where imaging would correlate it: latest first, so by delay. */
class AdjointRecorder extends Oracle {
  readonly #take: (field: Vector) => void;

  constructor(setting: Setting, take: (field: Vector) => void) {
    super(setting, { precision: "f32" });
    this.#take = take;
  }

  override correlate(): void {
    this.#take(this.wavefield());
  }
}

/** Calls `visit` with each value of a dense window that is not filling, and its place among the free cells. */
function eachFree({ layout }: Setting, field: Vector, visit: (value: number, cell: number) => void): void {
  const { window: { rows, columns }, shape: [, nx] } = layout;
  for (let z = 0; z < rows; z++) {
    for (let x = 0; x < nx; x++) visit(field[z * columns + x], z * nx + x);
  }
}
