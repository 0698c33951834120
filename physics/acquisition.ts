import { extentOf, type Grid, onGrid, type Position } from "./grid.ts";

export type { Position };

/** A row of sources or receivers at one depth; `first` and `last` [m] default to the grid's first and last column. */
export interface Line {
  readonly kind?: "line";
  readonly count: number;
  readonly depth: number;
  readonly first?: number;
  readonly last?: number;
}

/** Places one by one. */
export interface Points {
  readonly kind: "points";
  readonly positions: readonly Position[];
}

/**
 * A spread that is towed behind each source, towards smaller x: receiver j lies at `x - offset - j interval` at one
 * depth, in metres.
 */
interface Streamer {
  readonly kind: "streamer";
  readonly count: number;
  readonly depth: number;
  readonly offset: number;
  readonly interval: number;
}

/** A spread of receivers; `dead` names those that are missing, counted from 0. */
type Spread = (Line | Points | Streamer) & { readonly dead?: readonly number[] };

/** Places of a fixed spread, those of a line evenly from first to last; a single one lies in the middle. */
export function positionsOf(spread: Line | Points, grid: Grid): readonly Position[] {
  const places = spread.kind === "points" ? spread.positions : alongLine(spread, grid);
  return places.map((place) => onGrid(place, grid));
}

function alongLine(line: Line, grid: Grid): Position[] {
  const { count, depth, first = 0, last = extentOf(grid)[1] } = line;
  return Array.from(
    { length: count },
    (_, i) => [depth, count === 1 ? (first + last) / 2 : first + (last - first) * i / (count - 1)],
  );
}

/** The live receivers: one spread for all sources, or a moving one's per source. */
export function spreadsOf(
  spread: Spread,
  { sources, grid }: { sources: readonly Position[]; grid: Grid },
): Position[][] {
  const all = spread.kind === "streamer"
    ? sources.map((source) => towed(spread, source).map((place) => onGrid(place, grid)))
    : [positionsOf(spread, grid)];
  const dead = new Set(spread.dead);
  return all.map((positions) => positions.filter((_, i) => !dead.has(i)));
}

function towed({ count, depth, offset, interval }: Streamer, [, x]: Position): Position[] {
  return Array.from({ length: count }, (_, j) => [depth, x - offset - j * interval]);
}

/** Number of sources, or of receivers in one spread with the dead ones. */
export function countOf(spread: Line | Points | Streamer): number {
  return spread.kind === "points" ? spread.positions.length : spread.count;
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
