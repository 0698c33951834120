import type { Tensor } from "../../core/engine/mod.ts";

/** An increasing map `y = g(b)` of each element for given raw parameters. */
export interface Bijection {
  /** `y`, and `log dy/db` of each element. */
  forward(b: Tensor): { y: Tensor; logSlope: Tensor };
  inverse(y: Tensor): Tensor;
  /**
   * At `b`, for a loss with derivatives `dy` and `dlogdet` (one number: of the sum of log slopes): the derivatives
   * of b and of the raw parameters.
   */
  backward(b: Tensor, gradient: { dy: Tensor; dlogdet: number }): { db: Tensor; draw: Tensor };
  /**
   * At `b = g^-1(y)`, for a loss with derivatives `db` and `dlogdet` (as in `backward`): y, the log slope, and the
   * derivatives of y and of the raw parameters.
   */
  pullback(
    b: Tensor,
    gradient: { db: Tensor; dlogdet: number },
  ): { y: Tensor; logSlope: Tensor; dy: Tensor; draw: Tensor };
}

/** A family of element-wise bijections; all-zero raw parameters give the identity. */
export interface Transform {
  /** Raw parameters per element. */
  readonly parameters: number;
  /** The bijection of raw parameters [.., parameters * channels]. */
  at(raw: Tensor): Bijection;
}
