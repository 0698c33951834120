import type { Simulator } from "./problem.ts";
import type { Space, Vector } from "./vector.ts";

/**
 * A linear map and its exact transpose, as a value: no hidden state, results of the argument's own precision. Both
 * directions take `count` vectors in a row, flat [count, ...space.shape]; 1 unless said otherwise.
 */
export interface LinearOperator {
  readonly domain: Space;
  readonly range: Space;
  /** `A x`; in imaging the demigration `dd = J dm`. */
  forward(x: Vector, count?: number): Promise<Vector>;
  /** `A^T y`; in imaging the migration (RTM) `dm = J^T dd`. */
  adjoint(y: Vector, count?: number): Promise<Vector>;
}

/** A differentiable map F of a survey's unknown to the data of all its shots. */
export interface NonlinearOperator {
  readonly domain: Space;
  readonly range: Space;
  /** `F(x)`, of `count` vectors in a row. */
  forward(x: Vector, count?: number): Promise<Vector>;
  /** `dF/dx` at x; its adjoint takes residuals to the gradient of a misfit. */
  jacobian(x: Vector): LinearOperator;
}

/** Counts wave-equation solves (one time loop over the whole grid), the cost that every method is charged in. */
export interface SolveCounter {
  readonly count: number;
  add(solves: number): void;
}

/** Source time function: `samples[n]` at `t = n dt`, `dt` in seconds. */
export interface Wavelet {
  readonly samples: Float64Array;
  readonly dt: number;
}

/** Where sources and receivers are, [z, x] in metres, and the background's velocity [m/s], flat [z, x]. */
export interface Acquisition {
  readonly sources: readonly (readonly [number, number])[];
  /** One spread for all shots, or one per source. */
  readonly receivers: readonly (readonly (readonly [number, number])[])[];
  readonly velocity: Float64Array;
}

/**
 * Single shots as dense matrices. Of each trace only those samples are kept from which the whole trace follows by
 * interpolation.
 */
export interface AssembledSurvey {
  /** Number of wave-equation solves that the matrices took. */
  readonly solves: number;
  /** One shot's kept data: [receivers, kept samples]. */
  readonly range: Space;
  /** T, flat [samples, kept samples]: a trace is T times its kept samples. */
  readonly interpolation: Float32Array;
  /** `M_i^T`, flat [free cells, receivers, kept samples]: `J_i` is T times each trace of `M_i`. */
  transposed(i: number): Promise<Float32Array>;
}

/** Keeps arrays from one run to the next, each by its name. */
export interface ArrayStore {
  load(name: string): Promise<StoredArray | undefined>;
  save(name: string, array: StoredArray): Promise<void>;
}

export interface StoredArray {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/**
 * Linear data acquisition of one unknown by several sources. Toy operators are surveys of one source.
 * `domain` is the unknown's space, an image or a vector; `shotRange` one shot's data, e.g. [receivers, samples].
 */
export interface Survey {
  readonly domain: Space;
  readonly shotRange: Space;
  readonly sources: number;
  /** 1 where the unknown is free, 0 where it is muted (water, sponge): `J` ignores x there and `J^T` gives 0. */
  readonly mask: Float32Array;
  /** Physical size of a cell along each axis of `domain` in metres; absent for abstract vectors. */
  readonly spacing?: readonly number[];
  /** Unit of one flat unit of `domain`, e.g. "s^2/m^2". */
  readonly unit?: string;
  readonly wavelet?: Wavelet;
  readonly acquisition?: Acquisition;
  readonly solves: SolveCounter;
  /** `J_i`: domain -> shotRange. */
  shot(i: number): LinearOperator;
  /** `sum_i weights[i] J_i`: domain -> shotRange, at the cost of one shot (a simultaneous source). */
  encoded(weights: Float64Array): LinearOperator;
  /** All shots: domain -> [sources, ...shotRange]. */
  readonly stacked: LinearOperator;
  /** What `stacked` linearizes, where there is such a thing. */
  readonly nonlinear?: NonlinearOperator;
  /** Whether observations are made by `nonlinear`, as `F(x) - F(0)`, in place of `stacked`: a modelling error. */
  readonly nonlinearData?: boolean;
  /** Draws and judges data in place of `stacked` and the noise; then the linear operators throw. */
  readonly simulator?: Simulator;
  /** Explicit matrices for small grids, where the operator can give them cheaper than column by column. */
  assemble?(): Promise<AssembledSurvey>;
  /** Ends workers and frees caches. The survey must not be used afterwards. */
  close(): Promise<void>;
}
