import type { AssembledSurvey } from "../../core/contracts/operator.ts";
import type { Vector } from "../../core/contracts/vector.ts";
import { addScaled, productTransposed } from "../../core/linalg/mod.ts";
import { type Key, normals } from "../../core/base/random.ts";
import { interpolationOf } from "./interpolation.ts";
import { combineRows, type Setting } from "./setting.ts";
import { demigrate, migrate, solveBackground } from "./solve.ts";
import { kernelFile, WasmKernels } from "./wasm/kernels.ts";
import { type Convolution, CONVOLUTION_FILE, NEGLIGIBLE, wasmConvolution } from "./wasm/green_convolution.ts";

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
export async function assembleSurvey(setting: Setting): Promise<AssembledSurvey> {
  const { spread, every, sources: { starts }, wavelet: { length: samples } } = setting,
    sources = starts.length - 1;
  const code = await Deno.readFile(kernelFile(setting.order));
  const convolution = wasmConvolution(await Deno.readFile(CONVOLUTION_FILE), { samples, spread, every });
  const draws = drawsOf({ sources, spread, samples }), gram = new Float64Array(samples ** 2);
  const kernels = new WasmKernels(setting, { code, snapshots: "f32" });
  const backgrounds = Array.from({ length: sources }, (_, source) => {
    fire(kernels, { setting, source });
    for (let k = 0; k < draws; k++) addTraces(gram, randomTraces(kernels, { setting, key: [source, k] }));
    return backgroundOf(kernels, setting);
  });
  const greens = { setting, receivers: receiverFields(setting, code), backgrounds };
  const { times, weights } = interpolationOf(gram, TOLERANCE);
  return {
    solves: assemblySolves({ sources, spread, samples }),
    range: { name: "kept samples", kind: "data", shape: [spread, times.length] },
    interpolation: weights,
    transposed: (source) => Promise.resolve(shotMatrix(greens, { source, times, convolution })),
  };
}

type Code = Uint8Array<ArrayBuffer>;

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

/** A field `scale * values`, the largest of which is 1. */
interface ScaledField {
  readonly values: Float32Array;
  readonly scale: number;
}

interface GreensFunctions {
  readonly setting: Setting;
  /** `values` [free cells, samples by delay, receivers]. */
  readonly receivers: ScaledField;
  /** Per source, `values` [free cells, kept steps]. */
  readonly backgrounds: readonly ScaledField[];
}

function keptSteps({ wavelet, every }: Setting): number {
  return Math.ceil(wavelet.length / every);
}

/** Data of a model of white noise from the shot that the kernels have the background of, flat [receivers, samples]. */
function randomTraces(kernels: WasmKernels, { setting, key }: { setting: Setting; key: Key }): Vector {
  const { shape: [nz, nx] } = setting.layout;
  kernels.setModel(normals(key, nz * nx));
  demigrate(kernels, setting);
  return kernels.readTraces();
}

/** Adds `D^T D`, flat [samples, samples], of traces D, flat [traces, samples]. */
function addTraces(gram: Float64Array, traces: Vector): void {
  const samples = Math.sqrt(gram.length), count = traces.length / samples;
  const columns = Float64Array.from(traces, (_, i) => traces[i % count * samples + Math.floor(i / count)]);
  addScaled(gram, 1, { x: productTransposed(columns, columns, count) });
}

/** `M_i^T` at some sample times, flat [free cells, receivers, times]. */
function shotMatrix(
  { setting, receivers, backgrounds }: GreensFunctions,
  { source, times, convolution }: { source: number; times: Uint32Array; convolution: Convolution },
): Float32Array {
  const { spread, scattering, wavelet: { length: samples } } = setting, kept = keptSteps(setting);
  const { values, scale } = backgrounds[source], factor = -scattering * scale * receivers.scale;
  const cells = values.length / kept, row = spread * times.length, out = new Float32Array(cells * row);
  for (let cell = 0; cell < cells; cell++) {
    const background = values.subarray(cell * kept, (cell + 1) * kept);
    const impulse = receivers.values.subarray(cell * samples * spread, (cell + 1) * samples * spread);
    out.set(convolution(times, { background, impulse, factor }), cell * row);
  }
  return out;
}

/** Scales values to a largest one of 1, in place, those below a part of it to 0: ahead of the first arrival are subnormal ones. */
function normalised(values: Float32Array): ScaledField {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  if (largest === 0) return { values, scale: 1 };
  const least = NEGLIGIBLE * largest, inverse = 1 / largest;
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    values[i] = Math.abs(v) < least ? 0 : v * inverse;
  }
  return { values, scale: largest };
}

/** Solves the background of one source, and keeps it. */
function fire(kernels: WasmKernels, { setting, source }: { setting: Setting; source: number }): void {
  const weights = new Float64Array(setting.sources.starts.length - 1);
  weights[source] = 1;
  kernels.setSource(combineRows(setting.sources, weights));
  kernels.selectSlot(0);
  solveBackground(kernels, setting);
}

/** Kept background. */
function backgroundOf(kernels: WasmKernels, setting: Setting): ScaledField {
  const cells = freeCells(setting), steps = keptSteps(setting), history = new Float32Array(steps * cells);
  for (let j = 0; j < steps; j++) copyFree(setting, kernels.snapshot(j), history.subarray(j * cells));
  const values = new Float32Array(history.length);
  byCell(history, { out: values, steps, width: 1, place: 0 });
  return normalised(values);
}

/** Fields of an impulse at each receiver. */
function receiverFields(setting: Setting, code: Code): ScaledField {
  const { spread, wavelet: { length: steps } } = setting, cells = freeCells(setting);
  const history = new Float32Array(steps * cells), values = new Float32Array(spread * history.length);
  let step = 0;
  const recorder = new AdjointRecorder(
    setting,
    code,
    (field) => copyFree(setting, field, history.subarray(step++ * cells)),
  );
  for (let r = 0; r < spread; r++) {
    const impulse = new Float32Array(spread * steps);
    impulse[(r + 1) * steps - 1] = 1;
    step = 0;
    recorder.setTraces(impulse);
    migrate(recorder, { ...setting, every: 1 });
    byCell(history, { out: values, steps, width: spread, place: r });
  }
  return normalised(values);
}

/** Hands on the adjoint field of every step, where imaging would correlate it: latest first, so by delay. */
class AdjointRecorder extends WasmKernels {
  readonly #take: (field: Vector) => void;

  constructor(setting: Setting, code: Code, take: (field: Vector) => void) {
    super(setting, { code, snapshots: "f32" });
    this.#take = take;
  }

  override correlate(): void {
    this.#take(this.wavefield());
  }
}

function freeCells({ layout: { window: { rows }, shape: [, nx] } }: Setting): number {
  return rows * nx;
}

/** Copies what is not filling of a dense window. */
function copyFree({ layout }: Setting, field: Vector, out: Float32Array): void {
  const { window: { rows, columns }, shape: [, nx] } = layout;
  for (let z = 0; z < rows; z++) out.set(field.subarray(z * columns, z * columns + nx), z * nx);
}

/** Cells whose histories are filed together: their values of a step share a cache line. */
const LINE = 16;

/** Files a history, flat [steps, cells], as one of `width` fields in `out`, flat [cells, steps, width]. */
function byCell(
  history: Float32Array,
  { out, steps, width, place }: { out: Float32Array; steps: number; width: number; place: number },
): void {
  const cells = history.length / steps, row = steps * width;
  for (let first = 0; first < cells; first += LINE) {
    const end = Math.min(first + LINE, cells);
    for (let step = 0; step < steps; step++) {
      const at = step * width + place;
      for (let cell = first; cell < end; cell++) out[cell * row + at] = history[step * cells + cell];
    }
  }
}
