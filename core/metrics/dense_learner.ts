import { type DenseLayer, type HeapArray, openDense } from "../engine/mod.ts";
import { ADAM, biasCorrection, type OpenLearner, PENALTY } from "./learner.ts";
import type { Dense } from "./network.ts";
import type { Matrix } from "./products.ts";

/** The kernels need widths that are multiples of four. Added units have weights 0, and so gradients 0. */
const padded = (width: number) => 4 * Math.ceil(width / 4);

const sizeOf = ({ inputs, outputs }: Pick<DenseLayer, "inputs" | "outputs">) => (inputs + 1) * outputs;

/** The learner in f32, by SIMD kernels; no step allocates. */
export const denseLearner: OpenLearner = (network, batch) => {
  const shapes = network.map(({ weight: { rows, columns } }, l) => ({
    inputs: l === 0 ? columns : padded(columns),
    outputs: padded(rows),
  }));
  const parameters = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
  const widths = [shapes[0].inputs, ...shapes.map(({ outputs }) => outputs)];
  const floats = 4 * parameters + 2 * batch * widths.reduce((a, b) => a + b) + 64;
  const kernels = openDense({ floats, widest: Math.max(...widths) });
  const [p, g, m, v] = Array.from({ length: 4 }, () => kernels.array(parameters));
  const layersOf = (all: HeapArray): DenseLayer[] => {
    let from = 0;
    return shapes.map((shape) => {
      const { inputs, outputs } = shape, size = inputs * outputs;
      const layer = {
        ...shape,
        weight: kernels.part(all, from, size),
        bias: kernels.part(all, from + size, outputs),
      };
      from += sizeOf(shape);
      return layer;
    });
  };
  const layers = layersOf(p), gradients = layersOf(g);
  network.forEach((dense, l) => fill(layers[l], dense));
  const values = widths.map((width) => kernels.array(batch * width));
  const deltas = widths.map((width) => kernels.array(batch * width));
  const forward = (x: Matrix) => {
    values[0].values.set(x.values);
    layers.forEach((layer, l) => {
      const relu = l < layers.length - 1;
      kernels.forward(layer, { x: values[l], y: values[l + 1], rows: x.rows, relu });
    });
    const last = values[layers.length].values, width = widths[layers.length];
    return Float32Array.from({ length: x.rows }, (_, i) => last[i * width]);
  };
  const backward = (rows: number) => {
    for (let l = layers.length - 1; l >= 0; l--) {
      kernels.parameterGradient(gradients[l], { x: values[l], dy: deltas[l + 1], rows });
      if (l === 0) break;
      kernels.inputGradient(layers[l], { dy: deltas[l + 1], dx: deltas[l], rows });
      kernels.maskInactive(deltas[l], values[l]);
    }
  };
  let time = 0;
  return {
    step(x, labels) {
      const logits = forward(x), width = widths[layers.length], last = deltas[layers.length].values;
      let loss = penalize(layers, { rows: x.rows });
      logits.forEach((logit, i) => {
        loss += (Math.max(logit, 0) - labels[i] * logit + Math.log1p(Math.exp(-Math.abs(logit)))) / x.rows;
        last[i * width] = (1 / (1 + Math.exp(-logit)) - labels[i]) / x.rows;
      });
      backward(x.rows);
      penalize(layers, { rows: x.rows, gradients });
      const { rate, beta1, beta2, epsilon } = ADAM, correction2 = 1 - beta2 ** ++time;
      // The kernel's epsilon stands beside the corrected moment, scikit-learn's beside the moment itself.
      const corrected = rate * biasCorrection(time) / Math.sqrt(correction2);
      const rates = { rate: corrected, beta1, beta2, epsilon: epsilon / Math.sqrt(correction2), correction2 };
      kernels.adam({ p, g, m, v }, rates);
      return loss;
    },
    logits: forward,
  };
};

/** The weights [out, in] of a layer transposed into the wider one. */
function fill({ outputs, weight, bias }: DenseLayer, dense: Dense): void {
  const { rows, columns, values } = dense.weight;
  for (let o = 0; o < rows; o++) {
    for (let i = 0; i < columns; i++) weight.values[i * outputs + o] = values[o * columns + i];
  }
  bias.values.set(dense.bias);
}

/** `penalty / (2 rows) sum W^2`, and its gradient added to the weights' where they are given. */
function penalize(
  layers: readonly DenseLayer[],
  { rows, gradients }: { rows: number; gradients?: readonly DenseLayer[] },
): number {
  let sum = 0;
  layers.forEach(({ weight: { values } }, l) => {
    const g = gradients?.[l].weight.values;
    for (let k = 0; k < values.length; k++) {
      if (g) g[k] += PENALTY / rows * values[k];
      else sum += values[k] ** 2;
    }
  });
  return PENALTY / (2 * rows) * sum;
}
