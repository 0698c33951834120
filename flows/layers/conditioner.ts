import type { Params } from "../../core/contracts/flow.ts";
import {
  convFilterGradient,
  convInputGradient,
  convolve,
  reluGradient,
  sum,
  type Tensor,
  tensor,
  zeros,
} from "../../core/engine/mod.ts";
import { fold, type Key, normals } from "../../core/random.ts";

/** Sizes of a conditioner; `kernel` is 3 for images and 1 for vectors seen as one pixel. */
export interface ConditionerShape {
  readonly inputs: number;
  readonly hidden: number;
  readonly outputs: number;
  readonly kernel: number;
}

/** He-normal weights; the last layer is 0, so that a coupling starts as the identity. */
export function initConditioner(key: Key, { inputs, hidden, outputs, kernel }: ConditionerShape): Params {
  const filter = (name: string, k: number, from: number) => {
    const size = k * k * from * hidden, scale = Math.sqrt(2 / (k * k * from));
    return tensor(normals(fold(key, name), size).map((v) => scale * v), [k, k, from, hidden]);
  };
  return {
    w1: filter("w1", kernel, inputs),
    b1: zeros([hidden]),
    w2: filter("w2", 1, hidden),
    b2: zeros([hidden]),
    w3: zeros([kernel, kernel, hidden, outputs]),
    b3: zeros([outputs]),
  };
}

/** Multiplications and additions of one evaluation at one pixel. */
export function conditionerFlops({ inputs, hidden, outputs, kernel }: ConditionerShape): number {
  return 2 * hidden * (kernel ** 2 * inputs + hidden + kernel ** 2 * outputs);
}

/** Activations of one evaluation, for its gradient. */
export interface Activations {
  readonly input: Tensor;
  readonly h1: Tensor;
  readonly h2: Tensor;
  readonly output: Tensor;
}

/** kernel x kernel, 1 x 1, kernel x kernel convolutions with ReLU between. */
export function evaluateConditioner(p: Params, input: Tensor): Activations {
  const h1 = convolve(input, { filter: p.w1, bias: p.b1, relu: true });
  const h2 = convolve(h1, { filter: p.w2, bias: p.b2, relu: true });
  return { input, h1, h2, output: convolve(h2, { filter: p.w3, bias: p.b3 }) };
}

/** Derivative of the first `inputs` channels of the input. */
export function conditionerInputGradient(
  p: Params,
  { h1, h2 }: Activations,
  { doutput, inputs }: { doutput: Tensor; inputs: number },
): Tensor {
  const d2 = reluGradient(convInputGradient(doutput, p.w3), h2);
  return convInputGradient(reluGradient(convInputGradient(d2, p.w2), h1), p.w1, inputs);
}

/** Derivatives of the parameters and of the first `inputs` channels of the input, where there are any. */
export function conditionerGradient(
  p: Params,
  { input, h1, h2 }: Activations,
  { doutput, inputs }: { doutput: Tensor; inputs: number },
): { dinput?: Tensor; dparams: Params } {
  const d2 = reluGradient(convInputGradient(doutput, p.w3), h2);
  const d1 = reluGradient(convInputGradient(d2, p.w2), h1);
  const dparams = {
    w1: convFilterGradient(input, d1, p.w1.shape),
    b1: sum(d1, [0, 1, 2]),
    w2: convFilterGradient(h1, d2, p.w2.shape),
    b2: sum(d2, [0, 1, 2]),
    w3: convFilterGradient(h2, doutput, p.w3.shape),
    b3: sum(doutput, [0, 1, 2]),
  };
  return { dinput: inputs > 0 ? convInputGradient(d1, p.w1, inputs) : undefined, dparams };
}
