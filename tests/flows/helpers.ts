import type { Flow, Params } from "../../core/contracts/flow.ts";
import { add, mul, openEngine, read, scope, type Tensor, tensor } from "../../core/engine/mod.ts";
import { fold, type Key, normals } from "../../core/base/random.ts";
import { sizeOf } from "../../core/base/shape.ts";

/** Opens the engine that flow tests compute on. */
export async function openTestEngine(): Promise<void> {
  await openEngine("wasm");
}

export function randomTensor(key: Key, shape: readonly number[], scale = 1): Tensor {
  const size = sizeOf({ shape });
  return tensor(normals(key, size).map((v) => scale * v), shape);
}

/** Parameters away from their initial identity, as training leaves them. */
export function perturbed(params: Params, key: Key, scale = 0.1): Params {
  return scope(() =>
    Object.fromEntries(
      Object.entries(params).map((
        [name, p],
      ) => [name, add(p, randomTensor(fold(key, name), p.shape, scale))]),
    )
  );
}

/** `params + step * direction`. */
export function moved(params: Params, direction: Params, step: number): Params {
  return scope(() =>
    Object.fromEntries(Object.entries(params).map(([name, p]) => [name, add(p, mul(direction[name], step))]))
  );
}

export async function relativeError(a: Tensor, b: Tensor): Promise<number> {
  const [p, q] = [await read(a), await read(b)];
  let error = 0, norm = 0;
  p.forEach((v, i) => {
    error += (v - q[i]) ** 2;
    norm += q[i] ** 2;
  });
  return Math.sqrt(error / norm);
}

/** log|det A| of a dense matrix by elimination with pivoting. */
export function logAbsDet(rows: number[][]): number {
  const a = rows.map((row) => [...row]);
  let total = 0;
  for (let k = 0; k < a.length; k++) {
    const pivot = a.slice(k).reduce(
      (best, row, i) => Math.abs(row[k]) > Math.abs(a[best][k]) ? k + i : best,
      k,
    );
    [a[k], a[pivot]] = [a[pivot], a[k]];
    total += Math.log(Math.abs(a[k][k]));
    for (let i = k + 1; i < a.length; i++) {
      const factor = a[i][k] / a[k][k];
      for (let j = k; j < a.length; j++) a[i][j] -= factor * a[k][j];
    }
  }
  return total;
}

/** dz/dx of one sample by central differences: row i is the derivative of z_i. */
export async function denseJacobian(
  flow: Flow,
  { params, x, context, step = 2e-3 }: { params: Params; x: Float32Array; context: Tensor; step?: number },
): Promise<number[][]> {
  const n = x.length;
  const columns: Float32Array[] = [];
  for (let j = 0; j < n; j++) {
    const at = async (sign: number) => {
      const moved = x.slice();
      moved[j] += sign * step;
      return await read(scope(() => flow.forward(params, tensor(moved, [1, ...flow.shapes.x]), context).z));
    };
    const [plus, minus] = [await at(1), await at(-1)];
    columns.push(plus.map((v, i) => (v - minus[i]) / (2 * step)));
  }
  return Array.from({ length: n }, (_, i) => columns.map((column) => column[i]));
}
