import type { Survey, Wavelet } from "../core/contracts/operator.ts";
import type { Position } from "./acquisition.ts";
import { bornSurvey, type Computation } from "./born.ts";
import type { Grid } from "./grid.ts";
import type { Order } from "./stencil.ts";

/** A survey of one's own arrays; docs/acoustics.md has the conventions of signs, times and sources. */
export interface SurveyDescription {
  /** Cells [z, x] and metres per cell; cell (i, j) has its centre at z = i dz, x = j dx. */
  readonly grid: Grid;
  /** The background, flat [z, x]: a velocity [m/s], or a squared slowness [s^2/m^2]. */
  readonly velocity?: ArrayLike<number>;
  readonly squaredSlowness?: ArrayLike<number>;
  /** [z, x] in metres, on or between the cells' centres. */
  readonly sources: readonly Position[];
  /** One spread for all sources, or `spreads`, one of as many receivers per source. */
  readonly receivers?: readonly Position[];
  readonly spreads?: readonly (readonly Position[])[];
  /** Source time function; its length is that of the record, its `dt` [s] the time step. */
  readonly wavelet: Wavelet;
  /** Of accuracy in space. */
  readonly order?: Order;
  /** Cells of absorbing sponge around the model; `none`: u = 0 right outside, for exact tests. */
  readonly boundary?: "none" | { readonly sponge: number };
  /** Rows at the top in which x is taken as 0. */
  readonly muteRows?: number;
  /** dm [s^2/m^2] of x = 1; 1 unless given, so that x is dm itself. */
  readonly amplitude?: number;
  /** Steps between kept background wavefields; unless given as many as keep J within `SNAPSHOT_ERROR`. */
  readonly snapshotEvery?: number;
}

/** The sponge of the experiments: 0.35 % of the energy of an open domain comes back. */
const SPONGE = 40;

/**
 * A survey to apply `F` (`survey.nonlinear`), `J` and `J^T` (`survey.stacked`, `survey.shot(i)`, `survey.encoded(w)`)
 * with any engine. Throws a sentence where the description cannot be solved: an unstable step, a place outside.
 */
export function acousticSurvey(description: SurveyDescription, computation?: Computation): Survey {
  const { grid, sources, wavelet, order = 8, muteRows = 0, amplitude = 1, boundary } = description;
  const spreads = description.spreads ?? [description.receivers ?? []];
  const sponge = boundary === "none" ? 0 : boundary?.sponge ?? SPONGE;
  return bornSurvey({
    grid,
    velocity: velocityOf(description),
    sources,
    receivers: spreads,
    wavelet,
    order,
    sponge: { cells: sponge },
    muteRows,
    amplitude,
    every: description.snapshotEvery,
  }, computation);
}

function velocityOf({ grid: { shape }, velocity, squaredSlowness }: SurveyDescription): Float64Array {
  const given = velocity ?? squaredSlowness, size = shape[0] * shape[1];
  if (!given || (velocity && squaredSlowness)) {
    throw new Error("A survey needs its background: velocity or squaredSlowness, one of the two");
  }
  const v = Float64Array.from(given, (value) => velocity ? value : 1 / Math.sqrt(value));
  if (v.length !== size) {
    throw new Error(`The background has ${v.length} cells: it must have ${size}, [${shape}]`);
  }
  if (!v.every((value) => value > 0 && value < Infinity)) {
    throw new Error("The background is not positive everywhere: it must be");
  }
  return v;
}
