import {
  add,
  channels,
  div,
  joinChannels,
  log,
  mul,
  sigmoid,
  sub,
  sumPerSample,
  type Tensor,
} from "../../core/engine/mod.ts";
import {
  conditionerFlops,
  conditionerGradient,
  conditionerInputGradient,
  evaluateConditioner,
  initConditioner,
} from "./conditioner.ts";
import type { Layer } from "./layer.ts";

/** Bounds of the scale: away from 0, so that the inverse is stable at any depth. */
const LOW = 0.5, HIGH = 2;
/** Shift of the sigmoid's argument that makes the scale 1 where the conditioner gives 0. */
const OFFSET = Math.log((1 - LOW) / (HIGH - 1));

interface Scale {
  readonly s: Tensor;
  readonly sigma: Tensor;
}

/** `s = LOW + (HIGH - LOW) sigmoid(raw + OFFSET)`. */
function boundedScale(raw: Tensor): Scale {
  const sigma = sigmoid(add(raw, OFFSET));
  return { s: add(mul(sigma, HIGH - LOW), LOW), sigma };
}

/** `ds/draw`. */
function scaleSlope({ sigma }: Scale): Tensor {
  return mul(mul(sigma, sub(1, sigma)), HIGH - LOW);
}

export interface CouplingOptions {
  readonly hidden: number;
  /** Side of the conditioner's kernels: 3 for images, 1 for vectors. */
  readonly kernel: number;
  /** Whether `backward` gives the context's derivative: only where something below the context is trained. */
  readonly contextGradient: boolean;
}

/**
 * Conditional affine coupling (Dinh, Sohl-Dickstein, Bengio 2017; conditional as in Ardizzone et al. 2019):
 * `x = (a, b)`, `y = (a, s(a, context) * b + t(a, context))`, logdet = sum log s. With one channel, a is empty
 * and the context alone conditions.
 */
export function coupling({ hidden, kernel, contextGradient }: CouplingOptions): Layer {
  const halves = (x: Tensor) => {
    const c = x.shape[x.shape.length - 1], first = Math.floor(c / 2);
    return { a: first > 0 ? channels(x, 0, first) : undefined, b: channels(x, first, c - first), first };
  };
  const join = (parts: (Tensor | undefined)[]) => {
    const given = parts.filter((p) => p !== undefined);
    return given.length === 1 ? given[0] : joinChannels(given);
  };
  const condition = (
    params: Parameters<Layer["inverse"]>[0],
    a: Tensor | undefined,
    b: Tensor,
    context?: Tensor,
  ) => {
    const activations = evaluateConditioner(params, join([a, context]));
    const width = b.shape[b.shape.length - 1];
    const scale = boundedScale(channels(activations.output, 0, width));
    return { activations, scale, shift: channels(activations.output, width, width) };
  };

  return {
    init(key, { x, context }) {
      const c = x.shape[x.shape.length - 1], first = Math.floor(c / 2);
      const inputs = first + (context ? context.shape[context.shape.length - 1] : 0);
      return initConditioner(key, { inputs, hidden, outputs: 2 * (c - first), kernel });
    },
    forward(params, x, context) {
      const { a, b } = halves(x);
      const { scale, shift } = condition(params, a, b, context);
      return { y: join([a, add(mul(scale.s, b), shift)]), logdet: sumPerSample(log(scale.s)) };
    },
    inverse(params, y, context) {
      const { a, b } = halves(y);
      const { scale, shift } = condition(params, a, b, context);
      return join([a, div(sub(b, shift), scale.s)]);
    },
    backward(params, y, { dy, dlogdet }, context) {
      const { a, b: yb, first } = halves(y), { a: dya, b: dyb } = halves(dy);
      const { activations, scale, shift } = condition(params, a, yb, context);
      const b = div(sub(yb, shift), scale.s);
      const ds = add(mul(dyb, b), div(dlogdet, scale.s));
      const width = contextGradient && context ? context.shape[context.shape.length - 1] : 0;
      const { dinput, dparams } = conditionerGradient(params, activations, {
        doutput: joinChannels([mul(ds, scaleSlope(scale)), dyb]),
        inputs: first + width,
      });
      const da = dinput && first > 0 ? channels(dinput, 0, first) : undefined;
      const dcontext = dinput && width > 0 ? channels(dinput, first, width) : undefined;
      return { x: join([a, b]), dx: join([da && add(dya!, da), mul(dyb, scale.s)]), dparams, dcontext };
    },
    pullback(params, x, dx, context) {
      const { a, b, first } = halves(x), { a: dxa, b: dxb } = halves(dx);
      const { activations, scale, shift } = condition(params, a, b, context);
      const dyb = div(dxb, scale.s);
      // b = (yb - t(a)) / s(a): its derivative in a, at fixed yb, is -(t' + b s') / s.
      const doutput = joinChannels([mul(mul(dyb, b), scaleSlope(scale)), dyb]);
      const da = a && conditionerInputGradient(params, activations, { doutput, inputs: first });
      return { y: join([a, add(mul(scale.s, b), shift)]), dy: join([da && sub(dxa!, da), dyb]) };
    },
  };
}

/** Multiplications and additions of one evaluation at one pixel, on so many channels of x and of the context. */
export function couplingFlops(
  { channels, context, hidden, kernel }: {
    channels: number;
    context: number;
    hidden: number;
    kernel: number;
  },
): number {
  const first = Math.floor(channels / 2);
  return conditionerFlops({ inputs: first + context, outputs: 2 * (channels - first), hidden, kernel });
}
