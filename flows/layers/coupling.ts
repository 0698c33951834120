import { add, channels, sumPerSample, type Tensor } from "../../core/engine/mod.ts";
import { type Conditioner, conditionerFlops, join } from "./conditioner.ts";
import type { Layer } from "./layer.ts";
import type { Transform } from "./transform.ts";

export interface CouplingOptions {
  readonly conditioner: Conditioner;
  readonly transform: Transform;
  /** Whether `backward` gives the context's derivative: only where something below the context is trained. */
  readonly contextGradient: boolean;
}

/**
 * Conditional coupling (Dinh, Sohl-Dickstein, Bengio 2017; conditional as in Ardizzone et al. 2019):
 * `x = (a, b)`, `y = (a, g(b; theta(a, context)))` with an element-wise bijection g, logdet = sum log dg/db. With
 * one channel, a is empty and the context alone conditions.
 */
export function coupling({ conditioner, transform, contextGradient }: CouplingOptions): Layer {
  return {
    init(key, { x, context }) {
      const { a, b } = halves(x);
      const outputs = transform.parameters * b.shape[b.shape.length - 1]!;
      return conditioner.init(key, { input: a, context }, outputs);
    },
    forward(params, x, context) {
      const { a, b } = halves(x);
      const { output } = conditioner.evaluate(params, { input: a, context });
      const { y, logSlope } = transform.at(output).forward(b);
      return { y: join([a, y]), logdet: sumPerSample(logSlope) };
    },
    inverse(params, y, context) {
      const { a, b } = halves(y);
      const { output } = conditioner.evaluate(params, { input: a, context });
      return join([a, transform.at(output).inverse(b)]);
    },
    backward(params, y, { dy, dlogdet }, context) {
      const { a, b: yb } = halves(y), { a: dya, b: dyb } = halves(dy);
      const conditioned = conditioner.evaluate(params, { input: a, context });
      const bijection = transform.at(conditioned.output), b = bijection.inverse(yb);
      const { db, draw } = bijection.backward(b, { dy: dyb, dlogdet });
      const wanted = { params: true, context: contextGradient };
      const { dinput, dcontext, dparams } = conditioned.pullback(draw, wanted);
      return { x: join([a, b]), dx: join([dinput && add(dya!, dinput), db]), dparams: dparams!, dcontext };
    },
    pullback(params, x, { dx, dlogdet }, context) {
      const { a, b } = halves(x), { a: dxa, b: db } = halves(dx);
      const conditioned = conditioner.evaluate(params, { input: a, context });
      const { y, logSlope, dy, draw } = transform.at(conditioned.output).pullback(b, { db, dlogdet });
      const da = a && conditioned.pullback(draw, { params: false, context: false }).dinput!;
      return { y: join([a, y]), logdet: sumPerSample(logSlope), dy: join([da && add(dxa!, da), dy]) };
    },
  };
}

/** The conditioning half a, absent where there is one channel, and the transformed half b. */
function halves(x: Tensor): { a?: Tensor; b: Tensor } {
  const c = x.shape[x.shape.length - 1]!, first = Math.floor(c / 2);
  return { a: first > 0 ? channels(x, 0, first) : undefined, b: channels(x, first, c - first) };
}

/** What the cost of a coupling with the built-in conditioner depends on. */
export interface CouplingSizes {
  /** Of x and of the context. */
  readonly channels: number;
  readonly context: number;
  readonly hidden: number;
  readonly kernel: number;
  /** Raw parameters per element of the transform. */
  readonly parameters: number;
}

/** Multiplications and additions of one evaluation at one pixel. */
export function couplingFlops({ channels, context, hidden, kernel, parameters }: CouplingSizes): number {
  const first = Math.floor(channels / 2), outputs = parameters * (channels - first);
  return conditionerFlops({ inputs: first + context, outputs, hidden, kernel });
}
