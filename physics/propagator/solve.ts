import type { Vector } from "../../core/contracts/vector.ts";
import type { SparseRows } from "./setting.ts";

/**
 * The steps of the scheme on two time levels that the kernels own, `u` (newer) and `p` (older), written once in
 * TypeScript (the oracle) and once in WebAssembly. `A`, `C`, `L` as in docs: A = 1/(1 + D f), C = v^2 dt^2,
 * L the discrete Laplacian.
 */
export interface Kernels {
  /** u = p = 0, and the image = 0. */
  clear(): void;
  /** `p += A (2 (u - p) + C L u)`: p becomes the field one step later. */
  step(): void;
  /** u <-> p. */
  swap(): void;
  /** Takes `A C` of the medium, padded, in place of the setting's own. */
  setMedium(AC: Float64Array): void;
  /** Points where `pulse` puts its energy. */
  setSource(points: Omit<SparseRows, "starts">): void;
  /** The first receiver of the spread that records and injects. */
  selectSpread(first: number): void;
  /** `p += A C s q` at the source's points. */
  pulse(q: number): void;
  /** Chooses the cache slot that `keep`, `scatter` and `correlate` use, and makes room for it. */
  selectSlot(slot: number): void;
  /** Says that all snapshots of the selected slot are there. */
  finishSlot(): void;
  /** Before `step`: remembers `2u - p` in the window. */
  remember(): void;
  /** After `step` and `pulse`: keeps the second difference `w = p - (2u - p_before)` as snapshot j. */
  keep(j: number): void;
  /** The model x, flat [z, x], that `scatter` uses. */
  setModel(x: Vector): void;
  /** `p -= A C k amplitude / dt^2 x w_j`: the Born source. */
  scatter(j: number): void;
  /** `image += w_j u`. */
  correlate(j: number): void;
  /** The image times `-k amplitude / dt^2`, flat [z, x], 0 in muted rows. */
  readImage(): Vector;
  /** Sample n of all traces from u at the receivers. */
  record(n: number): void;
  /** Traces, flat [receivers, samples]. */
  readTraces(): Vector;
  setTraces(d: Vector): void;
  /** `p += A C R^T d_n`. */
  injectTraces(n: number): void;
}

interface Steps {
  readonly every: number;
  readonly wavelet: Float64Array;
}

/**
 * Solves `m0 u_tt - Laplacian u = q(t) delta` and keeps every k-th second difference of u, the source's own
 * contribution included. Sample n is u before step n; q[n] enters u^{n+1}.
 */
export function solveBackground(kernels: Kernels, { every, wavelet }: Steps): void {
  kernels.clear();
  for (let n = 0; n < wavelet.length; n++) {
    const keeps = n % every === 0;
    if (keeps) kernels.remember();
    kernels.step();
    kernels.pulse(wavelet[n]);
    if (keeps) kernels.keep(n / every);
    kernels.swap();
  }
}

/** `F`: solves the same equation, records u and keeps nothing. */
export function model(kernels: Kernels, { wavelet }: Steps): void {
  kernels.clear();
  for (let n = 0; n < wavelet.length; n++) {
    kernels.record(n);
    kernels.step();
    kernels.pulse(wavelet[n]);
    kernels.swap();
  }
}

/** `J x`: solves `m0 du_tt - Laplacian du = -dm u_tt` on the kept background and records du. */
export function demigrate(kernels: Kernels, { every, wavelet }: Steps): void {
  kernels.clear();
  for (let n = 0; n < wavelet.length; n++) {
    kernels.record(n);
    kernels.step();
    if (n % every === 0) kernels.scatter(n / every);
    kernels.swap();
  }
}

/**
 * `J^T d`: the same steps backwards in time with the data as sources, correlated with the kept background. The
 * damping acts on u_t and L is symmetric, so this is the exact transpose of `demigrate`.
 */
export function migrate(kernels: Kernels, { every, wavelet }: Steps): void {
  kernels.clear();
  for (let n = wavelet.length - 1; n >= 0; n--) {
    if (n % every === 0) kernels.correlate(n / every);
    kernels.step();
    kernels.injectTraces(n);
    kernels.swap();
  }
}
