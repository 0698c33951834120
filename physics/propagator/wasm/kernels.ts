import type { Vector } from "../../../core/contracts/vector.ts";
import type { Order } from "../../stencil.ts";
import { fromWindow, toWindow } from "../layout.ts";
import type { Setting, SparseRows } from "../setting.ts";
import type { Kernels } from "../solve.ts";

/** How background snapshots are kept: `int16` with a scale each (half the memory, J changes by 6e-5), or `f32`. */
export type Snapshots = "int16" | "f32";

/** Where the compiled kernels of a space order are. */
export function kernelFile(order: Order): URL {
  return new URL(`./order${order}.wasm`, import.meta.url);
}

/** Functions of the compiled kernels; arguments are byte addresses, byte strides and numbers (see source.ts). */
type Exports = Readonly<Record<string, (...args: number[]) => number>>;

const PAGE = 2 ** 16, MAX_BYTES = 2 ** 32 - PAGE, MAX_INT16 = 32767;

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
  readonly #suffix: "i16" | "f32";
  readonly #at: ReturnType<typeof addressesOf>;
  readonly #snapshotCount: number;
  readonly #snapshotBytes: number;
  /** Arguments of the loops over the grid and over the window: rows, width and stride. */
  readonly #grid: readonly [number, number, number];
  readonly #window: readonly [number, number, number];
  #u: number;
  #p: number;
  #slot = 0;
  #sourceCount = 0;

  constructor(
    setting: Setting,
    { code, snapshots }: { code: Uint8Array<ArrayBuffer>; snapshots: Snapshots },
  ) {
    const { layout: { rows, columns, stride, window }, every, wavelet } = setting;
    this.#setting = setting;
    this.#at = addressesOf(setting);
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(this.#at.slots / PAGE) });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(code), {
      env: { memory: this.#memory },
    });
    this.#call = instance.exports as unknown as Exports;
    this.#suffix = snapshots === "int16" ? "i16" : "f32";
    this.#snapshotCount = Math.ceil(wavelet.length / every);
    this.#snapshotBytes = snapshotBytes(setting, snapshots);
    this.#grid = [rows, columns * 4, stride * 4];
    this.#window = [window.rows, window.columns * 4, stride * 4];
    this.#u = this.#at.fields[0];
    this.#p = this.#at.fields[1];
    this.#writeConstants();
  }

  #writeConstants(): void {
    const { laplacian, A2, AC, receivers, receiversAC } = this.#setting, at = this.#at;
    this.#floats(at.laplacian, laplacian.length).set(laplacian);
    this.#floats(at.A2, A2.length).set(A2);
    this.#floats(at.AC, AC.length).set(AC);
    this.#integers(at.starts, receivers.starts.length).set(receivers.starts);
    this.#integers(at.offsets, receivers.indices.length).set(receivers.indices.map((i) => 4 * i));
    this.#floats(at.weights, receivers.weights.length).set(receivers.weights);
    this.#floats(at.weightsAC, receiversAC.weights.length).set(receiversAC.weights);
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

  setSource({ indices, weights }: Omit<SparseRows, "starts">): void {
    this.#sourceCount = indices.length;
    this.#integers(this.#at.sourceOffsets, indices.length).set(indices.map((i) => 4 * i));
    this.#floats(this.#at.sourceWeights, weights.length).set(weights);
  }

  pulse(q: number): void {
    this.#call.inject(this.#p, this.#at.sourceOffsets, this.#at.sourceWeights, this.#sourceCount, q);
  }

  get #cells(): number {
    return this.#setting.layout.window.rows * this.#setting.layout.window.columns;
  }

  selectSlot(slot: number): void {
    const bytes = slotBytes(this.#setting, this.#suffix === "i16" ? "int16" : "f32");
    this.#slot = this.#at.slots + slot * bytes;
    const missing = this.#slot + bytes - this.#memory.buffer.byteLength;
    if (this.#slot + bytes > MAX_BYTES) {
      throw new Error(
        `Cannot keep ${slot + 1} background wavefields of ${bytes} bytes in one worker's 4 GiB`,
      );
    }
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));
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
    this.#scales[j] = peak / MAX_INT16;
    this.#call[`keep_${this.#suffix}`](before, this.#snapshot(j), 4 * this.#cells, peak && MAX_INT16 / peak);
  }

  setModel(x: Vector): void {
    const born = toWindow(this.#setting.layout, Float64Array.from(x), new Float64Array(this.#cells));
    this.#floats(this.#at.born, born.length).set(born.map((v, i) => v * this.#setting.scatter[i]));
  }

  scatter(j: number): void {
    const p = this.#windowOf(this.#p), w = this.#snapshot(j);
    this.#call[`scatter_${this.#suffix}`](p, this.#at.born, w, this.#scales[j], ...this.#window);
  }

  correlate(j: number): void {
    const u = this.#windowOf(this.#u), w = this.#snapshot(j);
    this.#call[`correlate_${this.#suffix}`](u, this.#at.image, w, this.#scales[j], ...this.#window);
  }

  readImage(): Float32Array {
    const { layout, imaging } = this.#setting;
    const dense = this.#floats(this.#at.image, this.#cells);
    const image = fromWindow(layout, dense, new Float32Array(layout.shape[0] * layout.shape[1]));
    return image.map((v) => v * imaging);
  }

  /** Arguments of the loops over receivers at sample n. */
  #traceLoop(n: number): [number, number, number] {
    const { receivers, wavelet } = this.#setting;
    return [receivers.starts.length - 1, this.#at.traces + 4 * n, 4 * wavelet.length];
  }

  record(n: number): void {
    const { starts, offsets, weights } = this.#at;
    this.#call.record(this.#u, starts, offsets, weights, ...this.#traceLoop(n));
  }

  injectTraces(n: number): void {
    const { starts, offsets, weightsAC } = this.#at;
    this.#call.injectTraces(this.#p, starts, offsets, weightsAC, ...this.#traceLoop(n));
  }

  get #traces(): Float32Array {
    const { receivers, wavelet } = this.#setting;
    return this.#floats(this.#at.traces, (receivers.starts.length - 1) * wavelet.length);
  }

  readTraces(): Float32Array {
    return this.#traces.slice();
  }

  setTraces(d: Vector): void {
    this.#traces.set(d);
  }
}

function addressesOf({ layout: { size, window }, laplacian, sources, receivers, wavelet }: Setting) {
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
    traces: floats((receivers.starts.length - 1) * wavelet.length),
    slots: addresses.end,
  };
}

function snapshotBytes({ layout: { window } }: Setting, snapshots: Snapshots): number {
  return window.rows * window.columns * (snapshots === "int16" ? 2 : 4);
}

function scaleBytes(count: number): number {
  return Math.ceil(4 * count / 64) * 64;
}

/** Bytes of one background's snapshots. */
export function slotBytes(setting: Setting, snapshots: Snapshots): number {
  const count = Math.ceil(setting.wavelet.length / setting.every);
  return scaleBytes(count) + Math.ceil(count * snapshotBytes(setting, snapshots) / 64) * 64;
}
