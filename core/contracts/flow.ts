import type { Params, Tensor } from "../engine/mod.ts";
import type { Key } from "../base/random.ts";

export type { Params };

/** Layout of tensors without the batch axis: images [h, w, c], vectors [d]. */
export interface FlowShapes {
  readonly x: readonly number[];
  readonly context: readonly number[];
}

/**
 * A conditional normalizing flow `z = f(x; y)`. Forward is x -> z, and `logdet` is of that direction.
 * Tensors: x and z [n, ...shapes.x] (z is of x's shape), context [n, ...shapes.context], logdet [n].
 * Nothing here disposes its arguments; callers own what is returned.
 */
export interface Flow {
  readonly shapes: FlowShapes;
  /** Parameters; `batch` drives data-dependent initialisation (actnorm). */
  init(key: Key, batch: { x: Tensor; context: Tensor }): Params;
  forward(params: Params, x: Tensor, context: Tensor): { z: Tensor; logdet: Tensor };
  inverse(params: Params, z: Tensor, context: Tensor): Tensor;
  /** Parts of z, or of a gradient in z, that leave after each level, [n, ...]; absent where all leave at the end. */
  levels?(z: Tensor): readonly Tensor[];
  /**
   * The maximum-likelihood loss `mean_n(1/2 |f(x;y)|^2 - log|det df/dx|) / dim(x)` in nats per dimension
   * (without the constant log(2 pi)/2; a joint flow adds its data lane's own term) and its gradient.
   */
  lossAndGradient(params: Params, x: Tensor, context: Tensor): { loss: Tensor; gradient: Params };
  /**
   * From z alone, for a loss of z and logdet with derivatives `dz` and `dlogdet` (one number, the same for every
   * sample): its derivative of x, and of the parameters, summed over the samples.
   */
  backward(
    params: Params,
    z: Tensor,
    context: Tensor,
    gradient: { dz: Tensor; dlogdet: number },
  ): { dx: Tensor; gradient: Params };
  /** The conditional loss alone, [n] values in nats per dimension, for validation. */
  loss(params: Params, x: Tensor, context: Tensor): Tensor;
  /**
   * For x = f^-1(z; y) and the derivatives of a loss of x and logdet, `dx` and `dlogdet` (one number, the same for
   * every sample): z again, logdet, and the loss's derivative of z, `(d f^-1/dz)^T (dx + dlogdet dlogdet/dx)`.
   */
  pullback(
    params: Params,
    x: Tensor,
    context: Tensor,
    gradient: { dx: Tensor; dlogdet: number },
  ): { z: Tensor; logdet: Tensor; dz: Tensor };
}

/** First-order optimizer as a pure step; `state` is tensors by name, so that it is checkpointed like parameters. */
export interface Optimizer {
  readonly rate: number;
  init(params: Params): Params;
  step(
    params: Params,
    gradient: Params,
    state: Params,
    options: { step: number; rate: number },
  ): { params: Params; state: Params };
}
