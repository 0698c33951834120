import type { Vector } from "../../../core/contracts/vector.ts";
import type { Order } from "../../stencil.ts";
import { fromWindow, toWindow } from "../layout.ts";
import { type Setting, type SparseRows, windowOf } from "../setting.ts";
import type { Kernels } from "../solve.ts";
import type { SpillFile } from "../spill.ts";

/** How background snapshots are kept: as `f32`, or in half the memory as `int16` (J changes by 6e-5) or `f16` (3e-4). */
export type Snapshots = keyof typeof FORMATS;

/** Suffix of the kernels, bytes of a value, and the value that a snapshot's largest is scaled to (0: not scaled). */
const FORMATS = {
  int16: { suffix: "i16", bytes: 2, peak: 32767 },
  f16: { suffix: "f16", bytes: 2, peak: 32768 },
  f32: { suffix: "f32", bytes: 4, peak: 0 },
} as const;

/** Where the compiled kernels of a space order are. */
export function kernelFile(order: Order): URL {
  return new URL(`./order${order}.wasm`, import.meta.url);
}

/** Functions of the compiled kernels; arguments are byte addresses, byte strides and numbers (see kernel_source.ts). */
type Exports = Readonly<Record<string, (...args: number[]) => number>>;

const PAGE = 2 ** 16;

/** What one worker can address: wasm32's 4 GiB less a page. */
export const ADDRESSABLE = 2 ** 32 - PAGE;

/** Addresses in the kernels' memory [bytes], every field beginning on a vector boundary. */
class Addresses {
  end = 0;

  take(bytes: number): number {
    const address = this.end;
    this.end = Math.ceil((address + bytes) / 64) * 64;
    return address;
  }
}

/** The f32 kernels in WebAssembly with 128-bit SIMD, and the memory they work in. */
export class WasmKernels implements Kernels {
  readonly #setting: Setting;
  readonly #memory: WebAssembly.Memory;
  readonly #call: Exports;
  readonly #format: typeof FORMATS[Snapshots];
  readonly #slotBytes: number;
  readonly #spill?: SpillFile;
  readonly #at: ReturnType<typeof addressesOf>;
  readonly #snapshotCount: number;
  readonly #snapshotBytes: number;
  /** Arguments of the loops over the grid and over the window: rows, width and stride. */
  readonly #grid: readonly [number, number, number];
  readonly #window: readonly [number, number, number];
  #u: number;
  #p: number;
  #AC: Float64Array;
  #slot = 0;
  #sourceCount = 0;
  #firstReceiver = 0;

  constructor(
    setting: Setting,
    { code, snapshots, spill }: { code: Uint8Array<ArrayBuffer>; snapshots: Snapshots; spill?: SpillFile },
  ) {
    const { layout: { rows, columns, stride, window }, every, wavelet } = setting;
    this.#setting = setting;
    this.#at = addressesOf(setting);
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(this.#at.slots / PAGE) });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(code), {
      env: { memory: this.#memory },
    });
    this.#call = instance.exports as unknown as Exports;
    this.#format = FORMATS[snapshots];
    this.#slotBytes = slotBytes(setting, snapshots);
    this.#spill = spill;
    this.#AC = setting.AC;
    this.#snapshotCount = Math.ceil(wavelet.length / every);
    this.#snapshotBytes = snapshotBytes(setting, snapshots);
    this.#grid = [rows, columns * 4, stride * 4];
    this.#window = [window.rows, window.columns * 4, stride * 4];
    this.#u = this.#at.fields[0];
    this.#p = this.#at.fields[1];
    this.#writeConstants();
  }

  #writeConstants(): void {
    const { laplacian, A2, AC, receivers } = this.#setting, at = this.#at;
    this.#floats(at.laplacian, laplacian.length).set(laplacian);
    this.#floats(at.A2, A2.length).set(A2);
    this.#integers(at.starts, receivers.starts.length).set(receivers.starts);
    this.#integers(at.offsets, receivers.indices.length).set(receivers.indices.map((i) => 4 * i));
    this.#floats(at.weights, receivers.weights.length).set(receivers.weights);
    this.setMedium(AC);
  }

  #floats(address: number, length: number): Float32Array {
    return new Float32Array(this.#memory.buffer, address, length);
  }

  #integers(address: number, length: number): Uint32Array {
    return new Uint32Array(this.#memory.buffer, address, length);
  }

  /** Address of the window's first cell in the padded field at `field`. */
  #windowOf(field: number): number {
    return field + 4 * this.#setting.layout.window.start;
  }

  clear(): void {
    const { layout: { size } } = this.#setting, cells = this.#cells;
    this.#floats(this.#u, size).fill(0);
    this.#floats(this.#p, size).fill(0);
    this.#floats(this.#at.image, cells).fill(0);
  }

  step(): void {
    const first = 4 * this.#setting.layout.origin, { A2, AC, laplacian } = this.#at;
    this.#call.step(this.#u + first, this.#p + first, A2 + first, AC + first, laplacian, ...this.#grid);
  }

  swap(): void {
    [this.#u, this.#p] = [this.#p, this.#u];
  }

  setMedium(AC: Float64Array): void {
    const { receivers: { indices, weights } } = this.#setting;
    this.#AC = AC;
    this.#floats(this.#at.AC, AC.length).set(AC);
    this.#floats(this.#at.weightsAC, weights.length).set(weights.map((w, i) => w * AC[indices[i]]));
  }

  selectSpread(first: number): void {
    this.#firstReceiver = first;
  }

  setSource({ indices, weights }: Omit<SparseRows, "starts">): void {
    this.#sourceCount = indices.length;
    this.#integers(this.#at.sourceOffsets, indices.length).set(indices.map((i) => 4 * i));
    this.#floats(this.#at.sourceWeights, weights.length).set(weights.map((w, i) => w * this.#AC[indices[i]]));
  }

  pulse(q: number): void {
    this.#call.inject(this.#p, this.#at.sourceOffsets, this.#at.sourceWeights, this.#sourceCount, q);
  }

  get #cells(): number {
    return this.#setting.layout.window.rows * this.#setting.layout.window.columns;
  }

  selectSlot(slot: number): void {
    if (this.#spill) return this.#loadSpilled(slot);
    this.#slot = this.#at.slots + slot * this.#slotBytes;
    if (this.#slot + this.#slotBytes > ADDRESSABLE) {
      throw new Error(
        `Cannot keep ${slot + 1} background wavefields of ${this.#slotBytes} bytes in one worker's 4 GiB`,
      );
    }
    this.#reserve();
  }

  #reserve(): void {
    const missing = this.#slot + this.#slotBytes - this.#memory.buffer.byteLength;
    if (missing <= 0) return;
    try {
      this.#memory.grow(Math.ceil(missing / PAGE));
    } catch {
      throw new Error(
        `Cannot get ${missing} more bytes of memory for background wavefields: keep fewer (--memory)`,
      );
    }
  }

  /** With a spill file all slots share one place in memory, which holds one of them. */
  #loadSpilled(slot: number): void {
    this.#slot = this.#at.slots;
    this.#reserve();
    this.#spill!.read(slot, this.#slotView);
  }

  get #slotView(): Uint8Array {
    return new Uint8Array(this.#memory.buffer, this.#slot, this.#slotBytes);
  }

  finishSlot(): void {
    this.#spill?.write(this.#slotView);
  }

  /** Scale of each snapshot of the selected slot, at the slot's start. */
  get #scales(): Float32Array {
    return this.#floats(this.#slot, this.#snapshotCount);
  }

  #snapshot(j: number): number {
    return this.#slot + scaleBytes(this.#snapshotCount) + j * this.#snapshotBytes;
  }

  remember(): void {
    this.#call.remember(this.#windowOf(this.#u), this.#windowOf(this.#p), this.#at.before, ...this.#window);
  }

  keep(j: number): void {
    const { before } = this.#at;
    const peak = this.#call.difference(this.#windowOf(this.#p), before, ...this.#window);
    const { suffix, peak: top } = this.#format, scale = top && peak ? peak / top : 1;
    this.#scales[j] = scale;
    this.#call[`keep_${suffix}`](before, this.#snapshot(j), 4 * this.#cells, 1 / scale);
  }

  /** f32 snapshot j of the selected slot, dense in the window; valid until memory grows. */
  snapshot(j: number): Float32Array {
    return this.#floats(this.#snapshot(j), this.#cells);
  }

  /** The newer time level, dense in the window. */
  wavefield(): Float32Array {
    const { window: { start, rows, columns }, stride } = this.#setting.layout;
    const u = this.#floats(this.#u, this.#setting.layout.size), out = new Float32Array(rows * columns);
    for (let z = 0; z < rows; z++) {
      const row = start + z * stride;
      out.set(u.subarray(row, row + columns), z * columns);
    }
    return out;
  }

  setModel(x: Vector): void {
    const { layout, scattering } = this.#setting, AC = windowOf(layout, this.#AC);
    const born = toWindow(layout, Float64Array.from(x), new Float64Array(this.#cells));
    this.#floats(this.#at.born, born.length).set(born.map((v, i) => v * AC[i] * scattering));
  }

  scatter(j: number): void {
    const p = this.#windowOf(this.#p), w = this.#snapshot(j);
    this.#call[`scatter_${this.#format.suffix}`](p, this.#at.born, w, this.#scales[j], ...this.#window);
  }

  correlate(j: number): void {
    const u = this.#windowOf(this.#u), w = this.#snapshot(j);
    this.#call[`correlate_${this.#format.suffix}`](u, this.#at.image, w, this.#scales[j], ...this.#window);
  }

  readImage(): Float32Array {
    const { layout, scattering } = this.#setting;
    const dense = this.#floats(this.#at.image, this.#cells);
    const image = fromWindow(layout, dense, new Float32Array(layout.shape[0] * layout.shape[1]));
    return image.map((v) => -v * scattering);
  }

  /** Loops over the spread's receivers at sample n, with the `weights` at that address. */
  #eachReceiver(
    loop: "record" | "injectTraces",
    { n, field, weights }: Record<"n" | "field" | "weights", number>,
  ) {
    const { spread, wavelet } = this.#setting, { starts, offsets, traces } = this.#at;
    const rows = starts + 4 * this.#firstReceiver;
    this.#call[loop](field, rows, offsets, weights, spread, traces + 4 * n, 4 * wavelet.length);
  }

  record(n: number): void {
    this.#eachReceiver("record", { n, field: this.#u, weights: this.#at.weights });
  }

  injectTraces(n: number): void {
    this.#eachReceiver("injectTraces", { n, field: this.#p, weights: this.#at.weightsAC });
  }

  get #traces(): Float32Array {
    return this.#floats(this.#at.traces, this.#setting.spread * this.#setting.wavelet.length);
  }

  readTraces(): Float32Array {
    return this.#traces.slice();
  }

  setTraces(d: Vector): void {
    this.#traces.set(d);
  }
}

function addressesOf({ layout: { size, window }, laplacian, sources, receivers, spread, wavelet }: Setting) {
  const addresses = new Addresses(), floats = (count: number) => addresses.take(4 * count);
  const cells = window.rows * window.columns, points = receivers.indices.length;
  return {
    laplacian: floats(laplacian.length),
    fields: [floats(size), floats(size)],
    A2: floats(size),
    AC: floats(size),
    before: floats(cells),
    born: floats(cells),
    image: floats(cells),
    starts: floats(receivers.starts.length),
    offsets: floats(points),
    weights: floats(points),
    weightsAC: floats(points),
    sourceOffsets: floats(sources.indices.length),
    sourceWeights: floats(sources.indices.length),
    traces: floats(spread * wavelet.length),
    slots: addresses.end,
  };
}

function snapshotBytes({ layout: { window } }: Setting, snapshots: Snapshots): number {
  return window.rows * window.columns * FORMATS[snapshots].bytes;
}

function scaleBytes(count: number): number {
  return Math.ceil(4 * count / 64) * 64;
}

/** Bytes of one background's snapshots. */
export function slotBytes(setting: Setting, snapshots: Snapshots): number {
  const count = Math.ceil(setting.wavelet.length / setting.every);
  return scaleBytes(count) + Math.ceil(count * snapshotBytes(setting, snapshots) / 64) * 64;
}
