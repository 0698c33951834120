/**
 * Gaussians of thousands of unknowns: the arithmetic of dense_gaussian.ts in f32 tiles on the engine. Only the tiles on
 * the diagonal are factored in f64.
 */
import {
  add,
  advance,
  dispose,
  eye,
  joinChannels,
  matMul,
  mul,
  read,
  scope,
  sub,
  type Tensor,
  tensor,
  transpose,
} from "../engine/mod.ts";
import { cholesky, logDeterminant, solveTransposed } from "./dense.ts";
import { blocksOf, elementOf, free, inBlocks, taken, type Tiled, tileTensor } from "./tiles.ts";

/**
 * Cholesky factorization `A = L L^T` by block columns, the rest of the matrix updated after each (Golub and Van Loan
 * 2013, Matrix Computations, sec. 4.2), in place: `columns[c]` holds the tiles of column c of A from its diagonal
 * down, and then of any rows B below A. They become those of L and of `B L^-T`. Gives log det A.
 */
async function eliminate(columns: Tensor[][]): Promise<{ logDeterminant: number }> {
  let sum = 0;
  for (const [c, column] of columns.entries()) {
    const { factor, inverse, logDeterminant } = await factorPivot(column[0]);
    sum += logDeterminant;
    column.forEach((tile, p) => {
      column[p] = advance([tile], () => p === 0 ? factor() : matMul(tile, inverse));
    });
    dispose({ inverse });
    for (let d = 1; d < columns.length - c; d++) subtractOuter(columns[c + d], column.slice(d));
  }
  return { logDeterminant: sum };
}

/** L of a tile on the diagonal, `L^-T`, and `log det(L L^T)`. */
async function factorPivot(
  tile: Tensor,
): Promise<{ factor: () => Tensor; inverse: Tensor; logDeterminant: number }> {
  const [n] = tile.shape,
    l = cholesky(Float64Array.from(await read(tile))),
    identity = new Float64Array(n * n);
  for (let i = 0; i < n; i++) identity[i * n + i] = 1;
  const matrix = (values: Float64Array) => tensor(new Float32Array(values), [n, n]);
  const inverse = matrix(solveTransposed(identity, l));
  return { factor: () => matrix(l), inverse, logDeterminant: logDeterminant(l) };
}

/** Subtracts a factored column's outer product from a later column, in the rows from its diagonal on. */
function subtractOuter(later: Tensor[], column: readonly Tensor[]): void {
  const right = transpose(column[0]);
  column.forEach((tile, p) => later[p] = advance([later[p]], () => sub(later[p], matMul(tile, right))));
  dispose({ right });
}

/** L of `A = L L^T`, and `L^-1 x` of vectors x in a row, flat [count, n]. */
export async function choleskyTiled(
  a: Tiled,
  x: Float32Array,
): Promise<{ factor: Tiled; solved: Float32Array }> {
  const { n, tiles } = a, below = scope(() => inBlocks(tensor(x, [x.length / n, n])));
  const columns = tiles.map((_, c) => [...tiles.slice(c).map((_, k) => tileTensor(a, c + k, c)), below[c]]);
  await eliminate(columns);
  const solved = await valuesOf(() => columns.map((column) => column[column.length - 1]));
  const values = await taken(columns);
  return { factor: { n, tiles: tiles.map((row, i) => row.map((_, j) => values[j][i - j])) }, solved };
}

/** `L^T H L` of a symmetric H and L zero above its diagonal tiles. */
export async function congruence(h: Tiled, l: Tiled): Promise<Tiled> {
  const half = transposedProduct(h, l);
  const row = (i: number) => {
    const right = l.tiles.slice(i).map((_, k) => tileTensor(l, i + k, i));
    const upper = (j: number) => sumOf(right.map((tile, k) => matMul(half[j][i + k - j], tile)));
    return Array.from({ length: i + 1 }, (_, j) => transpose(upper(j)));
  };
  const tiles = l.tiles.map((_, i) => scope(() => row(i)));
  free(half.flat());
  return { n: h.n, tiles: await taken(tiles) };
}

/** Tiles (j, k), k >= j, of `L^T H`, each at [j][k - j]. */
function transposedProduct(h: Tiled, l: Tiled): Tensor[][] {
  const m = h.tiles.length;
  const left = l.tiles.map((_, j) =>
    l.tiles.slice(j).map((_, k) => scope(() => transpose(tileTensor(l, j + k, j))))
  );
  const out: Tensor[][] = l.tiles.map(() => []);
  for (let r = 0; r < m; r++) {
    for (let k = 0; k < m; k++) {
      const right = scope(() => r >= k ? tileTensor(h, r, k) : transpose(tileTensor(h, k, r)));
      for (let j = 0; j <= Math.min(r, k); j++) {
        const sum = out[j][k - j], term = () => matMul(left[j][r - j], right);
        out[j][k - j] = sum ? advance([sum], () => add(sum, term())) : term();
      }
      dispose({ right });
    }
  }
  free(left.flat());
  return out;
}

/**
 * F with `F F^T = (C^-1 + scale H)^-1`, zero above its diagonal tiles, for `C = L L^T` and `information = L^T H L`:
 * with `I + scale L^T H L = U U^T`, U triangular the other way, so that `F = L U^-T` is triangular like L. The
 * elimination runs from the last column to the first, the rows of L below carried along. `logDeterminant` is that of
 * `I + scale L^T H L`.
 */
export async function posteriorFactor(
  { factor: l, information, scale }: { factor: Tiled; information: Tiled; scale: number },
): Promise<{ factor: Tiled; logDeterminant: number }> {
  const { n, tiles } = l, m = tiles.length;
  const precision = (i: number, k: number) =>
    scope(() => {
      const data = mul(transpose(tileTensor(information, k, i)), scale);
      return i === k ? add(data, eye(data.shape[0])) : data;
    });
  const columns = tiles.map((_, c) => {
    const k = m - 1 - c, above = Array.from({ length: k + 1 }, (_, i) => precision(k - i, k));
    return [...above, ...tiles.slice(k).map((_, i) => tileTensor(l, m - 1 - i, k))];
  });
  const { logDeterminant } = await eliminate(columns);
  const values = await taken(columns);
  const factor = tiles.map((row, i) => row.map((_, k) => values[m - 1 - k][k + m - i]));
  return { factor: { n, tiles: factor }, logDeterminant };
}

/** `F z` of vectors z in a row, flat [count, n], for F zero above its diagonal tiles. */
export function multiplyTiled(f: Tiled, z: Float32Array): Promise<Float32Array> {
  return valuesOf(() => {
    const columns = inBlocks(tensor(z, [z.length / f.n, f.n])).map((part) => transpose(part));
    return f.tiles.map((row, i) =>
      transpose(sumOf(row.map((_, j) => matMul(tileTensor(f, i, j), columns[j]))))
    );
  });
}

/** `F^T r` of vectors r in a row, flat [count, n], for F zero above its diagonal tiles. */
export function multiplyTransposedTiled(f: Tiled, r: Float32Array): Promise<Float32Array> {
  return valuesOf(() => {
    const parts = inBlocks(tensor(r, [r.length / f.n, f.n]));
    return parts.map((_, j) => sumOf(parts.slice(j).map((part, k) => matMul(part, tileTensor(f, j + k, j)))));
  });
}

/** Values of the tensors that some work gives, side by side. */
async function valuesOf(work: () => Tensor[]): Promise<Float32Array> {
  const joined = scope(() => joinChannels(work())), values = await read(joined);
  dispose({ joined });
  return values;
}

function sumOf(terms: readonly Tensor[]): Tensor {
  return terms.reduce((a, b) => add(a, b));
}

/** `log det(L L^T)` of a triangular L. */
export function logDeterminantTiled(l: Tiled): number {
  let sum = 0;
  for (let i = 0; i < l.n; i++) sum += 2 * Math.log(elementOf(l, i, i));
  return sum;
}

/** `(F F^T)_ii`, the variance that a factor gives each unknown. */
export function varianceTiled(f: Tiled): Float64Array {
  const variance = new Float64Array(f.n), blocks = blocksOf(f.n);
  f.tiles.forEach((row, i) =>
    row.forEach((tile, j) => {
      const [top] = blocks[i], [left, right] = blocks[j];
      tile.forEach((v, k) => variance[top + Math.floor(k / (right - left))] += v * v);
    })
  );
  return variance;
}
