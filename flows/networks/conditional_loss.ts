import { div, mul, square, sub, sum, sumPerSample, type Tensor } from "../../core/engine/mod.ts";

/** `(1/2 |z|^2 - logdet) / dim` per sample, [n]: nats per dimension without log(2 pi)/2. */
export function conditionalLoss(z: Tensor, logdet: Tensor): Tensor {
  const dim = z.size / z.shape[0];
  return div(sub(mul(sumPerSample(square(z)), 0.5), logdet), dim);
}

/** The batch mean of {@link conditionalLoss} and its derivatives in z and logdet. */
export function lossAndLatentGradient(
  z: Tensor,
  logdet: Tensor,
): { loss: Tensor; dz: Tensor; dlogdet: number } {
  return {
    loss: div(sum(conditionalLoss(z, logdet)), z.shape[0]),
    dz: div(z, z.size),
    dlogdet: -1 / z.size,
  };
}
