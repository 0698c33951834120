import { WINDOW_ALIGNMENT } from "../../../core/engine/mod.ts";
import { combineRows, type Setting, type SparseRows } from "../setting.ts";
import type { Shot } from "../shots.ts";
import { sizesOf } from "./sizes.ts";
import { CELL_WORDS, LANE_WORDS, POINT_WORDS } from "./wgsl.ts";

type Table = Uint32Array<ArrayBuffer>;
type Range = readonly [number, number];

/** What all lanes share, by the bindings' names. */
export function constantTables(setting: Setting, { cells, points }: CellRows) {
  const { A2, receivers } = setting, padded = new Float32Array(sizesOf(setting).field);
  padded.set(A2);
  return {
    A2: padded,
    step: stepTable(setting),
    starts: Uint32Array.from(receivers.starts),
    receiverPoints: pointTable(receivers),
    cells,
    cellPoints: pointTable(points),
  };
}

/** `Step`s, one in each window: sample, snapshot and value of the wavelet. */
function stepTable({ wavelet, every }: Setting): Table {
  const words = WINDOW_ALIGNMENT / 4, table = new Uint32Array(wavelet.length * words);
  const floats = new Float32Array(table.buffer);
  wavelet.forEach((q, n) => {
    table.set([n, Math.floor(n / every)], n * words);
    floats[n * words + 2] = q;
  });
  return table;
}

/** `Point`s: pairs of an index and a weight. */
function pointTable({ indices, weights }: Omit<SparseRows, "starts">): Table {
  const table = new Uint32Array(POINT_WORDS * indices.length), floats = new Float32Array(table.buffer);
  indices.forEach((index, i) => {
    table[POINT_WORDS * i] = index;
    floats[POINT_WORDS * i + 1] = weights[i];
  });
  return table;
}

/** The receivers' points by cells, spread after spread. */
export interface CellRows {
  /** `Cell`s: a cell and the range of its points, one after another. */
  readonly cells: Table;
  /** Points of the cells: receiver in its spread, and weight. */
  readonly points: Omit<SparseRows, "starts">;
  /** Range of each spread's cells. */
  readonly spreads: readonly Range[];
}

/** `R^T` of each spread. */
export function transposeReceivers({ receivers, spread }: Setting): CellRows {
  const cells: number[] = [], indices: number[] = [], weights: number[] = [];
  const spreads: Range[] = [];
  for (let first = 0; first + 1 < receivers.starts.length; first += spread) {
    const from = cells.length / CELL_WORDS;
    for (const [cell, points] of pointsByCell(receivers, { first, spread })) {
      cells.push(cell, indices.length, indices.length + points.length);
      for (const { receiver, weight } of points) {
        indices.push(receiver);
        weights.push(weight);
      }
    }
    spreads.push([from, cells.length / CELL_WORDS]);
  }
  const points = { indices: Uint32Array.from(indices), weights: Float64Array.from(weights) };
  return { cells: Uint32Array.from(cells), points, spreads };
}

function pointsByCell(rows: SparseRows, { first, spread }: { first: number; spread: number }) {
  const cells = new Map<number, { receiver: number; weight: number }[]>();
  for (let receiver = 0; receiver < spread; receiver++) {
    for (let i = rows.starts[first + receiver]; i < rows.starts[first + receiver + 1]; i++) {
      const points = cells.get(rows.indices[i]) ?? [];
      points.push({ receiver, weight: rows.weights[i] });
      cells.set(rows.indices[i], points);
    }
  }
  return cells;
}

/** A wavefield to solve: its shot, which medium and model it has, and the place of its background in the bank. */
export interface Lane {
  readonly shot: Shot;
  readonly medium: number;
  readonly model: number;
  readonly place: number;
}

/** Tables of the lanes and of their sources' points, by the bindings' names, and how much they hold. */
export function laneTable(
  lanes: readonly Lane[],
  { sources, spread }: Setting,
  spreads: CellRows["spreads"],
) {
  const table = new Uint32Array(LANE_WORDS * lanes.length), { ranges, points } = sourceTable(lanes, sources);
  const cellsOf = ({ firstReceiver }: Shot) => spreads[firstReceiver / spread];
  lanes.forEach(({ shot, medium, model, place }, i) => {
    const words = [medium, model, place, shot.firstReceiver, ...ranges.get(shot)!, ...cellsOf(shot)];
    table.set(words, LANE_WORDS * i);
  });
  const counts = {
    lanes: lanes.length,
    sourcePoints: longest([...ranges.values()]),
    cells: longest(lanes.map(({ shot }) => cellsOf(shot))),
  };
  return { tables: { lanes: table, sourcePoints: points }, counts };
}

/** The points of the lanes' shots, and where each shot's are. */
function sourceTable(lanes: readonly Lane[], sources: SparseRows) {
  const ranges = new Map<Shot, Range>(), tables: Uint32Array[] = [];
  let end = 0;
  for (const { shot } of lanes) {
    if (ranges.has(shot)) continue;
    const table = pointTable(combineRows(sources, shot.weights));
    tables.push(table);
    ranges.set(shot, [end, end += table.length / POINT_WORDS]);
  }
  const points = new Uint32Array(POINT_WORDS * end);
  [...ranges.values()].forEach(([start], i) => points.set(tables[i], POINT_WORDS * start));
  return { ranges, points };
}

function longest(ranges: readonly Range[]): number {
  return ranges.reduce((most, [start, end]) => Math.max(most, end - start), 0);
}
