import { extentOf, type Grid } from "./grid.ts";

/** A place in the model, [z, x] in metres. */
export type Position = readonly [number, number];

/** A row of sources or receivers at one depth; `first` and `last` [m] default to the grid's first and last column. */
export interface Line {
  readonly count: number;
  readonly depth: number;
  readonly first?: number;
  readonly last?: number;
}

/** Positions of a line, evenly spread from first to last; a single one lies in the middle. */
export function positionsOf({ count, depth, first, last }: Line, grid: Grid): Position[] {
  const from = first ?? 0, to = last ?? extentOf(grid)[1];
  return Array.from(
    { length: count },
    (_, i) => [depth, count === 1 ? (from + to) / 2 : from + (to - from) * i / (count - 1)],
  );
}

/** Half width in cells and shape parameter of the window: Hicks 2002, table 1, optimal up to 2/3 of Nyquist. */
const HALF_WIDTH = 4, BETA = 4.14;

/**
 * Weights of a band-limited point at `at` (in cells) on the cells `first, first + 1, ...`: a sinc in a Kaiser window,
 * `sinc(d) I0(b sqrt(1 - (d/r)^2)) / I0(b)` (Hicks 2002, Geophysics 67, 156-165). One weight of 1 on a cell's centre.
 */
export function pointWeights(at: number): { first: number; weights: number[] } {
  const nearest = Math.round(at);
  if (Math.abs(at - nearest) < 1e-9) return { first: nearest, weights: [1] };
  const first = Math.ceil(at - HALF_WIDTH), last = Math.floor(at + HALF_WIDTH);
  return { first, weights: Array.from({ length: last - first + 1 }, (_, i) => windowedSinc(first + i - at)) };
}

function windowedSinc(d: number): number {
  const window = besselI0(BETA * Math.sqrt(Math.max(0, 1 - (d / HALF_WIDTH) ** 2))) / besselI0(BETA);
  return window * Math.sin(Math.PI * d) / (Math.PI * d);
}

/** Modified Bessel function of order zero by its power series, which converges fast for |x| below 10. */
function besselI0(x: number): number {
  let term = 1, sum = 1;
  for (let k = 1; term > 1e-17 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
