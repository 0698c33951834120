import type { Kernels } from "./backend.ts";
import { kernelModule, loadKernels } from "./load.ts";

/** An f32 array on the heap of {@link DenseKernels}; `values` is a view of it. */
export interface HeapArray {
  readonly address: number;
  readonly values: Float32Array;
}

/** A layer `y = x W + b` over rows: x [rows, inputs], W [inputs, outputs]; outputs a multiple of 4. */
export interface DenseLayer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weight: HeapArray;
  readonly bias: HeapArray;
}

/** Dense layers outside of tfjs, synchronous: for many small networks, whose steps tfjs's own overhead would rule. */
interface DenseKernels {
  /** `length` zeros. */
  array(length: number): HeapArray;
  /** A part of an array. */
  part(array: HeapArray, from: number, length: number): HeapArray;
  /** `y = x W + b`, with ReLU where wanted. */
  forward(layer: DenseLayer, at: { x: HeapArray; y: HeapArray; rows: number; relu: boolean }): void;
  /** `dx = dy W^T`. */
  inputGradient(layer: DenseLayer, at: { dy: HeapArray; dx: HeapArray; rows: number }): void;
  /** `dW = x^T dy` and `db`, the sum of the rows of dy, into the arrays of `gradient`. */
  parameterGradient(gradient: DenseLayer, at: { x: HeapArray; dy: HeapArray; rows: number }): void;
  /** `dy = 0` where `y` is 0, in place. */
  maskInactive(dy: HeapArray, y: HeapArray): void;
  /** One step of Adam in place; see `adamStep`. */
  adam(state: { p: HeapArray; g: HeapArray; m: HeapArray; v: HeapArray }, rates: DenseAdam): void;
}

interface DenseAdam {
  readonly rate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly correction2: number;
}

const PAGE = 65536;
/** AssemblyScript's statics lie at the heap's start; arrays start on 16 bytes. */
const FIRST = 1024, ALIGNMENT = 16;

/** The kernels on a heap of their own that holds `floats` f32 in all arrays, and the scratch of the widest layer. */
export function openDense({ floats, widest }: { floats: number; widest: number }): DenseKernels {
  const packed = (widest + 1) * (widest + 8), bytes = FIRST + 4 * (floats + packed) + PAGE;
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
  const k: Kernels = loadKernels(kernelModule(), memory);
  let top = FIRST;
  const array = (length: number): HeapArray => {
    const address = top;
    top += Math.ceil(4 * length / ALIGNMENT) * ALIGNMENT;
    return { address, values: new Float32Array(memory.buffer, address, length) };
  };
  const scratch = array(packed), one = array(1);
  one.values[0] = 1;
  const multiply = (
    { x, y, rows, inputs, outputs, relu }: Record<"x" | "y" | "rows" | "inputs" | "outputs" | "relu", number>,
  ) => k.convolve(x, scratch.address, y, 0, 1, 1, rows, inputs, outputs, 1, 1, 0, 0, relu);
  return {
    array,
    part: ({ address, values }, from, length) => ({
      address: address + 4 * from,
      values: values.subarray(from, from + length),
    }),
    forward({ inputs, outputs, weight, bias }, { x, y, rows, relu }) {
      const pack = [1, inputs, outputs, inputs * outputs, outputs, 1];
      k.packWeights(weight.address, bias.address, scratch.address, ...pack);
      multiply({ x: x.address, y: y.address, rows, inputs, outputs, relu: Number(relu) });
    },
    inputGradient({ inputs, outputs, weight }, { dy, dx, rows }) {
      const pack = [1, outputs, inputs, inputs * outputs, 1, outputs];
      k.packWeights(weight.address, 0, scratch.address, ...pack);
      multiply({ x: dy.address, y: dx.address, rows, inputs: outputs, outputs: inputs, relu: 0 });
    },
    parameterGradient({ inputs, outputs, weight, bias }, { x, dy, rows }) {
      k.filterGradient(x.address, dy.address, weight.address, 0, 1, 1, rows, inputs, outputs, 1, 1, 0, 0);
      k.sumRows(dy.address, bias.address, rows, outputs);
    },
    maskInactive: (dy, y) => k.reluMask(dy.address, y.address, dy.address, y.values.length),
    adam({ p, g, m, v }, { rate, beta1, beta2, epsilon, correction2 }) {
      const addresses = [p, g, m, v, p, m, v].map(({ address }) => address);
      k.adamStep(
        ...addresses,
        p.values.length,
        one.address,
        rate,
        beta1,
        beta2,
        epsilon,
        correction2,
      );
    },
  };
}
