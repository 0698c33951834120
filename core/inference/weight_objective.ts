import type { WeightCorrection } from "../contracts/correction.ts";
import { scope, type Tensor, tensor } from "../engine/mod.ts";
import { sizeOf } from "../base/shape.ts";
import { drawsOf, estimates, likelihoodsOf, type Objective, priorOf } from "./correction_objective.ts";
import type { CorrectionOptions, CorrectionProblem } from "./correction_task.ts";
import { contextTensor } from "./draw.ts";
import type { FittedWeights } from "./fitted_correction.ts";
import { latentTarget } from "./latent_target.ts";
import { flowShapes } from "./standardize.ts";

/**
 * The reverse KL divergence of the corrected posterior from its target, where the flow's weights phi are corrected and
 * z stays as it is: `min E_z[-log pi(x) - log|det dx/dz|]` at `x = f^-1(z; y)`. `target: latent` takes the amortized
 * posterior, with the trained weights, as prior; `target: posterior` the unknown's own.
 *
 * With `w = (d f^-1/dz)^T d/dx(-log pi + logdet)`, which is minus the gradient of the target, and `dx/dphi =
 * -(df/dx)^-1 df/dphi` at a fixed z, the derivative in phi is `-w^T df/dphi + dlogdet/dphi`: one walk of the flow's
 * backward. Through the samples alone it is that of `w - z` without the part of the logdet.
 */
export function weightDivergence(
  problem: CorrectionProblem,
  options: CorrectionOptions<WeightCorrection>,
): Objective<FittedWeights> {
  const { posterior, observation: { summary } } = problem, { correction, settings } = options;
  const n = settings.samples, shape = [n, ...flowShapes(posterior.standardization).x];
  const prior = priorOf(problem, options), trained = prior ? undefined : posterior.params;
  const likelihoods = likelihoodsOf(problem, options), byPath = settings.gradient === "path";
  const drawAt = drawsOf(sizeOf(posterior.standardization.x), options);
  return {
    start: scope(() => correction.init(posterior.params)),
    async gradientAt(params, step) {
      const z = drawAt(step), fitted = { ...posterior, params };
      const target = latentTarget(fitted, { likelihood: likelihoods.at(step), prior, trained, summary });
      const density = await target(z, n);
      const gradient = scope(() => {
        const dz = density.gradient.map((g, k) => (byPath ? g + z[k] : g) / n);
        const latent = { dz: tensor(dz, shape), dlogdet: byPath ? 0 : 1 / n };
        const context = contextTensor(fitted, summary, n);
        return fitted.flow.backward(params, tensor(z, shape), context, latent).gradient as Record<
          string,
          Tensor
        >;
      });
      return { gradient, ...estimates(density) };
    },
    fitted: (weights) => ({ changes: "weights", weights }),
    heldOut: likelihoods.heldOut,
  };
}
