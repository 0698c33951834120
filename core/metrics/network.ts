import { fold, type Key, uniforms } from "../base/random.ts";
import { type Matrix, product, transposed } from "./products.ts";

/** One dense layer: `x -> x W^T + b`, W [out, in]. */
export interface Dense {
  readonly weight: Matrix;
  readonly bias: Float64Array;
}

/** Layers of the given widths, first to last: weights and biases uniform on +-sqrt(6 / (in + out)) (Glorot, Bengio 2010). */
export function initNetwork(widths: readonly number[], key: Key): Dense[] {
  return widths.slice(1).map((rows, l) => {
    const columns = widths[l], bound = Math.sqrt(6 / (rows + columns));
    const draw = (name: string, n: number) =>
      uniforms(fold(fold(key, name), l), n).map((u) => bound * (2 * u - 1));
    return { weight: { values: draw("weight", rows * columns), rows, columns }, bias: draw("bias", rows) };
  });
}

/** Inputs of each layer and, last, the network's output [rows, 1]: ReLU between layers, none after the last. */
export function activations(network: readonly Dense[], x: Matrix): Matrix[] {
  return network.reduce((values, { weight, bias }, l) => {
    const next = product(values[l], weight);
    const hidden = l < network.length - 1;
    for (let i = 0, k = 0; i < next.rows; i++) {
      for (let j = 0; j < next.columns; j++, k++) {
        const v = next.values[k] + bias[j];
        next.values[k] = hidden && v < 0 ? 0 : v;
      }
    }
    return [...values, next];
  }, [x]);
}

/**
 * Mean binary cross-entropy of logits plus `penalty / (2 rows) sum W^2`, and its derivatives by weights and biases in
 * the layers' order.
 */
export function lossAndGradient(
  network: readonly Dense[],
  { x, labels, penalty }: { x: Matrix; labels: Float64Array; penalty: number },
): { loss: number; gradient: Float64Array[] } {
  const values = activations(network, x), logits = values[network.length].values;
  let loss = 0;
  const residual = logits.map((logit, i) => {
    loss += Math.max(logit, 0) - labels[i] * logit + Math.log1p(Math.exp(-Math.abs(logit)));
    return (1 / (1 + Math.exp(-logit)) - labels[i]) / x.rows;
  });
  const gradient: Float64Array[] = [];
  let delta: Matrix = { values: residual, rows: x.rows, columns: 1 };
  for (let l = network.length - 1; l >= 0; l--) {
    const { weight } = network[l], input = values[l], across = transposed(delta);
    const byWeight = product(across, transposed(input)).values;
    for (let k = 0; k < byWeight.length; k++) {
      byWeight[k] += penalty / x.rows * weight.values[k];
      loss += penalty / 2 * weight.values[k] ** 2;
    }
    gradient.unshift(byWeight, rowSums(across));
    if (l > 0) delta = whereActive(product(delta, transposed(weight)), input);
  }
  return { loss: loss / x.rows, gradient };
}

function rowSums({ values, rows, columns }: Matrix): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => {
    let sum = 0;
    for (let k = i * columns; k < (i + 1) * columns; k++) sum += values[k];
    return sum;
  });
}

/** The derivative through a ReLU whose output is `active`; in place. */
function whereActive(delta: Matrix, active: Matrix): Matrix {
  for (let k = 0; k < delta.values.length; k++) if (active.values[k] <= 0) delta.values[k] = 0;
  return delta;
}
