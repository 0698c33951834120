import {
  add,
  advance,
  channels,
  dispose,
  matMul,
  read,
  scope,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from "../engine/mod.ts";

/** Rows and columns of a tile: products of two run at a core's full speed, and the tiles stay in its cache. */
const TILE = 256;

/** Half-open range of rows or columns. */
export type Block = readonly [from: number, to: number];

/**
 * The lower half of an n x n matrix in f32 tiles of 256 rows and columns, fewer in the last ones: `tiles[i][j]`,
 * j <= i, flat, rows of block i and columns of block j. Tiles on the diagonal are whole, so that the factor of a
 * matrix need be triangular by blocks only.
 */
export interface Tiled {
  readonly n: number;
  readonly tiles: readonly (readonly Float32Array[])[];
}

/** Rows, or columns, of each tile. */
export function blocksOf(n: number): readonly Block[] {
  return Array.from({ length: Math.ceil(n / TILE) }, (_, i) => [i * TILE, Math.min((i + 1) * TILE, n)]);
}

/** The matrix whose values are `at(i, j)`, asked for in the lower half and the diagonal tiles. */
export function tiled(n: number, at: (i: number, j: number) => number): Tiled {
  const blocks = blocksOf(n);
  const tile = ([top, bottom]: Block, [left, right]: Block) => {
    const values = new Float32Array((bottom - top) * (right - left));
    let k = 0;
    for (let i = top; i < bottom; i++) for (let j = left; j < right; j++) values[k++] = at(i, j);
    return values;
  };
  return { n, tiles: blocks.map((rows, i) => blocks.slice(0, i + 1).map((columns) => tile(rows, columns))) };
}

/** Element (i, j) of the lower half or a diagonal tile. */
export function elementOf({ n, tiles }: Tiled, i: number, j: number): number {
  const row = Math.floor(i / TILE), column = Math.floor(j / TILE), width = Math.min(TILE, n - column * TILE);
  return tiles[row][column][(i - row * TILE) * width + j - column * TILE];
}

/** Tile (i, j) as a tensor. */
export function tileTensor({ n, tiles }: Tiled, i: number, j: number): Tensor {
  const values = tiles[i][j], columns = Math.min(TILE, n - j * TILE);
  return tensor(values, [values.length / columns, columns]);
}

/** The columns of x [count, n] that each block takes. */
export function inBlocks(x: Tensor): Tensor[] {
  return blocksOf(x.shape[1]!).map(([from, to]) => channels(x, from, to - from));
}

/** Some rows of a matrix, as a tensor. */
export type RowsOf = (rows: Block) => Tensor;

/** `sum_p X_p X_p^T` of matrices of n rows. */
export async function gramOf(n: number, parts: Iterable<RowsOf> | AsyncIterable<RowsOf>): Promise<Tiled> {
  const blocks = blocksOf(n), size = ([from, to]: Block) => to - from;
  const sums: Tensor[][] = blocks.map((rows, i) =>
    blocks.slice(0, i + 1).map((columns) => zeros([size(rows), size(columns)]))
  );
  for await (const rowsOf of parts) {
    const rows = blocks.map((block) => scope(() => rowsOf(block)));
    for (let j = 0; j < rows.length; j++) {
      const right = transpose(rows[j]);
      for (let i = j; i < rows.length; i++) {
        sums[i][j] = advance([sums[i][j]], () => add(sums[i][j], matMul(rows[i], right)));
      }
      dispose({ right });
    }
    free(rows);
  }
  return { n, tiles: await taken(sums) };
}

/** Values of tensors, which it frees. */
export async function taken(tensors: readonly (readonly Tensor[])[]): Promise<Float32Array[][]> {
  const values = await Promise.all(tensors.map((row) => Promise.all(row.map(read))));
  free(tensors.flat());
  return values;
}

export function free(tensors: readonly Tensor[]): void {
  for (const t of tensors) dispose({ t });
}
