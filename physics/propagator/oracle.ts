import type { Vector } from "../../core/contracts/vector.ts";
import { fromWindow, toWindow } from "./layout.ts";
import type { Setting, SparseRows } from "./setting.ts";
import type { Kernels } from "./solve.ts";

/** What a precision stores its numbers in; arithmetic is f64 in both. */
const ARRAYS = { f64: Float64Array, f32: Float32Array };

/** The plain propagator that every fast one is tested against: one loop per step of the scheme. */
export class Oracle implements Kernels {
  readonly #setting: Setting;
  readonly #create: (length: number) => Vector;
  #u: Vector;
  #p: Vector;
  readonly #image: Vector;
  readonly #born: Vector;
  readonly #before: Vector;
  readonly #traces: Vector;
  readonly #slots: Vector[][] = [];
  #kept: Vector[] = [];
  #source: Omit<SparseRows, "starts"> = { indices: new Uint32Array(), weights: new Float64Array() };

  constructor(setting: Setting, { precision }: { precision: "f32" | "f64" }) {
    const { layout: { size, window }, receivers, wavelet } = setting;
    const create = (length: number): Vector => new ARRAYS[precision](length);
    this.#setting = setting;
    this.#create = create;
    this.#u = create(size);
    this.#p = create(size);
    this.#image = create(window.rows * window.columns);
    this.#born = create(window.rows * window.columns);
    this.#before = create(window.rows * window.columns);
    this.#traces = create((receivers.starts.length - 1) * wavelet.length);
  }

  clear(): void {
    for (const field of [this.#u, this.#p, this.#image]) field.fill(0);
  }

  step(): void {
    const { layout: { rows, columns, stride, origin }, A2, AC } = this.#setting, u = this.#u, p = this.#p;
    for (let z = 0; z < rows; z++) {
      const row = origin + z * stride;
      for (let i = row; i < row + columns; i++) p[i] += A2[i] * (u[i] - p[i]) + AC[i] * this.#laplacian(i);
    }
  }

  #laplacian(i: number): number {
    const { laplacian: c, layout: { radius, stride } } = this.#setting, u = this.#u;
    let sum = c[0] * u[i];
    for (let k = 1; k <= radius; k++) {
      sum += c[k] * (u[i - k] + u[i + k]) + c[radius + k] * (u[i - k * stride] + u[i + k * stride]);
    }
    return sum;
  }

  swap(): void {
    [this.#u, this.#p] = [this.#p, this.#u];
  }

  setSource(points: Omit<SparseRows, "starts">): void {
    this.#source = points;
  }

  pulse(q: number): void {
    const { indices, weights } = this.#source;
    for (let i = 0; i < indices.length; i++) this.#p[indices[i]] += weights[i] * q;
  }

  selectSlot(slot: number): void {
    this.#kept = this.#slots[slot] ??= [];
  }

  /** Calls `visit` with each window cell's dense and padded index. */
  #eachCell(visit: (dense: number, padded: number) => void): void {
    const { window: { start, rows, columns }, stride } = this.#setting.layout;
    for (let z = 0; z < rows; z++) {
      for (let x = 0; x < columns; x++) visit(z * columns + x, start + z * stride + x);
    }
  }

  remember(): void {
    const u = this.#u, p = this.#p, before = this.#before;
    this.#eachCell((i, cell) => before[i] = 2 * u[cell] - p[cell]);
  }

  keep(j: number): void {
    const p = this.#p, before = this.#before, w = this.#kept[j] ??= this.#create(before.length);
    this.#eachCell((i, cell) => w[i] = p[cell] - before[i]);
  }

  /** Snapshot j of the selected slot, dense in the window. */
  snapshot(j: number): Vector {
    return this.#kept[j];
  }

  /** The newer time level, dense in the window. */
  wavefield(): Vector {
    const out = this.#create(this.#before.length);
    this.#eachCell((i, cell) => out[i] = this.#u[cell]);
    return out;
  }

  setModel(x: Vector): void {
    toWindow(this.#setting.layout, x, this.#born);
    for (let i = 0; i < this.#born.length; i++) this.#born[i] *= this.#setting.scatter[i];
  }

  scatter(j: number): void {
    const p = this.#p, born = this.#born, w = this.#kept[j];
    this.#eachCell((i, cell) => p[cell] -= born[i] * w[i]);
  }

  correlate(j: number): void {
    const u = this.#u, image = this.#image, w = this.#kept[j];
    this.#eachCell((i, cell) => image[i] += w[i] * u[cell]);
  }

  readImage(): Vector {
    const { layout, imaging } = this.#setting;
    const image = fromWindow(layout, this.#image, this.#create(layout.shape[0] * layout.shape[1]));
    for (let i = 0; i < image.length; i++) image[i] *= imaging;
    return image;
  }

  record(n: number): void {
    const { receivers: { starts, indices, weights }, wavelet } = this.#setting;
    for (let r = 0; r + 1 < starts.length; r++) {
      let sum = 0;
      for (let i = starts[r]; i < starts[r + 1]; i++) sum += weights[i] * this.#u[indices[i]];
      this.#traces[r * wavelet.length + n] = sum;
    }
  }

  readTraces(): Vector {
    return this.#traces.slice();
  }

  setTraces(d: Vector): void {
    this.#traces.set(d);
  }

  injectTraces(n: number): void {
    const { receiversAC: { starts, indices, weights }, wavelet } = this.#setting;
    for (let r = 0; r + 1 < starts.length; r++) {
      const d = this.#traces[r * wavelet.length + n];
      for (let i = starts[r]; i < starts[r + 1]; i++) this.#p[indices[i]] += weights[i] * d;
    }
  }
}
