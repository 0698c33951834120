import type { Params } from "../../core/contracts/flow.ts";
import { advance, type Tensor } from "../../core/engine/mod.ts";
import { fold, type Key } from "../../core/base/random.ts";

/** Input of a layer's initialisation: a batch as it arrives at the layer. */
interface LayerBatch {
  readonly x: Tensor;
  readonly context?: Tensor;
}

/**
 * One invertible layer `y = f(x; context)`, batch first, channels last. `logdet` is [n], of the forward direction.
 * Neither `backward` nor `pullback` needs what `forward` computed: they recompute the other side, so that memory
 * does not grow with depth.
 */
export interface Layer {
  init(key: Key, batch: LayerBatch): Params;
  forward(params: Params, x: Tensor, context?: Tensor): { y: Tensor; logdet: Tensor };
  inverse(params: Params, y: Tensor, context?: Tensor): Tensor;
  /**
   * From the output `y` and the loss's derivatives `dy` and `dlogdet` (one number, the same for every sample):
   * the input, its derivative, the parameters' and, where the layer has a context, the context's.
   */
  backward(params: Params, y: Tensor, gradient: OutputGradient, context?: Tensor): LayerGradient;
  /**
   * From the input `x = f^-1(y)` and the derivatives `dx` and `dlogdet` of a loss of x and logdet: y, logdet, and
   * the loss's derivative of y, `(d f^-1/dy)^T (dx + dlogdet dlogdet/dx)`.
   */
  pullback(
    params: Params,
    x: Tensor,
    gradient: InputGradient,
    context?: Tensor,
  ): { y: Tensor; logdet: Tensor; dy: Tensor };
}

interface OutputGradient {
  readonly dy: Tensor;
  readonly dlogdet: number;
}

interface InputGradient {
  readonly dx: Tensor;
  readonly dlogdet: number;
}

interface LayerGradient {
  readonly x: Tensor;
  readonly dx: Tensor;
  readonly dparams: Params;
  readonly dcontext?: Tensor;
}

/** The parameters whose names start with `prefix/`, without it. */
export function part(params: Params, prefix: string): Params {
  const start = `${prefix}/`;
  return Object.fromEntries(
    Object.entries(params).filter(([name]) => name.startsWith(start)).map((
      [name, p],
    ) => [name.slice(start.length), p]),
  );
}

/** Parameters under `prefix/`. */
export function prefixed(prefix: string, params: Params): Params {
  return Object.fromEntries(Object.entries(params).map(([name, p]) => [`${prefix}/${name}`, p]));
}

/** Layers one after another; each is initialised on what the ones before it make of the batch. */
export function initSequence(
  layers: readonly Layer[],
  { key, x, context }: { key: Key; x: Tensor; context?: Tensor },
): { params: Params; y: Tensor } {
  let params: Params = {}, y = x;
  layers.forEach((layer, i) => {
    const step = advance(i === 0 ? [] : [y], () => {
      const initial = layer.init(fold(key, i), { x: y, context }) as Record<string, Tensor>;
      return { initial, y: layer.forward(initial, y, context).y };
    });
    params = { ...params, ...prefixed(String(i), step.initial) };
    y = step.y;
  });
  return { params, y };
}
