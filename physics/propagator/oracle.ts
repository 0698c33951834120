import type { Vector } from "../../core/contracts/vector.ts";
import { fromWindow, toWindow } from "./layout.ts";
import { type Setting, type SparseRows, windowOf } from "./setting.ts";
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
  #AC: Float64Array;
  #source: Omit<SparseRows, "starts"> = { indices: new Uint32Array(), weights: new Float64Array() };
  #firstReceiver = 0;

  constructor(setting: Setting, { precision }: { precision: "f32" | "f64" }) {
    const { layout: { size, window }, spread, wavelet } = setting;
    const create = (length: number): Vector => new ARRAYS[precision](length);
    this.#setting = setting;
    this.#AC = setting.AC;
    this.#create = create;
    this.#u = create(size);
    this.#p = create(size);
    this.#image = create(window.rows * window.columns);
    this.#born = create(window.rows * window.columns);
    this.#before = create(window.rows * window.columns);
    this.#traces = create(spread * wavelet.length);
  }

  clear(): void {
    for (const field of [this.#u, this.#p, this.#image]) field.fill(0);
  }

  step(): void {
    const { layout: { rows, columns, stride, origin }, A2 } = this.#setting;
    const AC = this.#AC, u = this.#u, p = this.#p;
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

  setMedium(AC: Float64Array): void {
    this.#AC = AC;
  }

  setSource(points: Omit<SparseRows, "starts">): void {
    this.#source = points;
  }

  pulse(q: number): void {
    const { indices, weights } = this.#source;
    for (let i = 0; i < indices.length; i++) this.#p[indices[i]] += this.#AC[indices[i]] * weights[i] * q;
  }

  selectSpread(first: number): void {
    this.#firstReceiver = first;
  }

  selectSlot(slot: number): void {
    this.#kept = this.#slots[slot] ??= [];
  }

  finishSlot(): void {}

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

  setModel(x: Vector): void {
    const { layout, scattering } = this.#setting, AC = windowOf(layout, this.#AC);
    toWindow(layout, x, this.#born);
    for (let i = 0; i < AC.length; i++) this.#born[i] *= AC[i] * scattering;
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
    const { layout, scattering } = this.#setting;
    const image = fromWindow(layout, this.#image, this.#create(layout.shape[0] * layout.shape[1]));
    for (let i = 0; i < image.length; i++) image[i] *= -scattering;
    return image;
  }

  /** Calls `visit` with the index of each receiver's sample n and the range of its points. */
  #eachReceiver(n: number, visit: (sample: number, points: { start: number; end: number }) => void): void {
    const { receivers: { starts }, spread, wavelet } = this.#setting, first = this.#firstReceiver;
    for (let r = 0; r < spread; r++) {
      visit(r * wavelet.length + n, { start: starts[first + r], end: starts[first + r + 1] });
    }
  }

  record(n: number): void {
    const { receivers: { indices, weights } } = this.#setting;
    this.#eachReceiver(n, (sample, points) => {
      let sum = 0;
      for (let i = points.start; i < points.end; i++) sum += weights[i] * this.#u[indices[i]];
      this.#traces[sample] = sum;
    });
  }

  readTraces(): Vector {
    return this.#traces.slice();
  }

  setTraces(d: Vector): void {
    this.#traces.set(d);
  }

  injectTraces(n: number): void {
    const { receivers: { indices, weights } } = this.#setting, AC = this.#AC;
    this.#eachReceiver(n, (sample, { start, end }) => {
      const d = this.#traces[sample];
      for (let i = start; i < end; i++) this.#p[indices[i]] += AC[indices[i]] * weights[i] * d;
    });
  }
}
