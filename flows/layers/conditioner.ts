import type { Params } from "../../core/contracts/flow.ts";
import {
  channels,
  convFilterGradient,
  convInputGradient,
  convolve,
  joinChannels,
  reluGradient,
  scope,
  sum,
  type Tensor,
  tensor,
  zeros,
} from "../../core/engine/mod.ts";
import { fold, type Key, normals } from "../../core/base/random.ts";

/** What a conditioner sees: the coupling's unchanged half, absent where there is none, and the context. */
export interface Conditions {
  readonly input?: Tensor;
  readonly context?: Tensor;
}

/** What is asked of {@link Evaluation.pullback}; what is not asked is not computed. */
interface Wanted {
  readonly params: boolean;
  readonly context: boolean;
}

interface ConditionerGradient {
  readonly dinput?: Tensor;
  readonly dcontext?: Tensor;
  readonly dparams?: Params;
}

/** A conditioner at one point. */
interface Evaluation {
  readonly output: Tensor;
  /** Derivatives of the input and of what else is wanted, from the output's. */
  pullback(doutput: Tensor, wanted: Wanted): ConditionerGradient;
}

/**
 * The network in a coupling: from the unchanged half and the context to the raw parameters of the transform.
 * Tensors are [n, h, w, channels], vectors [n, 1, 1, channels].
 */
export interface Conditioner {
  /** Parameters whose output, [.., outputs], is 0, so that the coupling starts as the identity. */
  init(key: Key, conditions: Conditions, outputs: number): Params;
  evaluate(params: Params, conditions: Conditions): Evaluation;
}

/** The width of the built-in conditioner, or a conditioner of one's own. */
export type ConditionerChoice = { readonly hidden: number } | { readonly conditioner: Conditioner };

/** The conditioner of a network; `kernel` is 3 for images and 1 for vectors seen as one pixel. */
export function chosenConditioner(choice: ConditionerChoice, kernel: number): Conditioner {
  return "conditioner" in choice
    ? choice.conditioner
    : convolutionConditioner({ hidden: choice.hidden, kernel });
}

/**
 * kernel x kernel, 1 x 1, kernel x kernel convolutions with ReLU between: on vectors, where the kernel is 1, a
 * multilayer perceptron. The first two have He-normal weights, the last is 0.
 */
export function convolutionConditioner(
  { hidden, kernel }: { hidden: number; kernel: number },
): Conditioner {
  return {
    init(key, conditions, outputs) {
      const inputs = channelsOf(conditions.input) + channelsOf(conditions.context);
      return initial(key, { inputs, hidden, outputs, kernel });
    },
    evaluate(p, { input, context }) {
      const joined = join([input, context]), h1 = convolve(joined, { filter: p.w1, bias: p.b1, relu: true });
      const h2 = convolve(h1, { filter: p.w2, bias: p.b2, relu: true });
      return {
        output: convolve(h2, { filter: p.w3, bias: p.b3 }),
        pullback(doutput, wanted) {
          const d2 = scope(() => reluGradient(convInputGradient(doutput, p.w3), h2));
          const d1 = scope(() => reluGradient(convInputGradient(d2, p.w2), h1));
          const before = { w1: joined, w2: h1, w3: h2 }, after = { w1: d1, w2: d2, w3: doutput };
          const inputs = channelsOf(input), rest = wanted.context ? channelsOf(context) : 0;
          const dconditions = inputs + rest > 0 ? convInputGradient(d1, p.w1, inputs + rest) : undefined;
          return {
            dinput: dconditions && inputs > 0 ? channels(dconditions, 0, inputs) : undefined,
            dcontext: dconditions && rest > 0 ? channels(dconditions, inputs, rest) : undefined,
            dparams: wanted.params ? parameterGradient(p, before, after) : undefined,
          };
        },
      };
    },
  };
}

interface ConvolutionSizes {
  readonly inputs: number;
  readonly hidden: number;
  readonly outputs: number;
  readonly kernel: number;
}

function initial(key: Key, { inputs, hidden, outputs, kernel }: ConvolutionSizes): Params {
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

/** Computes the gradient from the inputs of each convolution and the derivative of its output. */
function parameterGradient(p: Params, before: Params, after: Params): Params {
  const filters = ["w1", "w2", "w3"].map((w) =>
    [w, convFilterGradient(before[w], after[w], p[w].shape)] as const
  );
  const biases = ["w1", "w2", "w3"].map((w) => [w.replace("w", "b"), sum(after[w], [0, 1, 2])] as const);
  return Object.fromEntries([...filters, ...biases]);
}

/** Multiplications and additions of the built-in conditioner at one pixel. */
export function conditionerFlops({ inputs, hidden, outputs, kernel }: ConvolutionSizes): number {
  return 2 * hidden * (kernel ** 2 * inputs + hidden + kernel ** 2 * outputs);
}

/** Channels of a tensor, 0 where there is none. */
export function channelsOf(x: Tensor | undefined): number {
  return x ? x.shape[x.shape.length - 1] : 0;
}

/** Those of the tensors that are there, side by side. */
export function join(parts: readonly (Tensor | undefined)[]): Tensor {
  const given = parts.filter((p) => p !== undefined);
  return given.length === 1 ? given[0] : joinChannels(given);
}
