import type { LatentCorrection } from "../contracts/correction.ts";
import type { Params } from "../contracts/flow.ts";
import { dispose, read, scope, sub, type Tensor, tensor } from "../engine/mod.ts";
import { fold } from "../base/random.ts";
import { drawsOf, estimates, likelihoodsOf, type Objective, priorOf } from "./correction_objective.ts";
import type { CorrectionOptions, CorrectionProblem } from "./correction_task.ts";
import type { FittedLatents } from "./fitted_correction.ts";
import { type LatentTarget, latentTarget } from "./latent_target.ts";
import { flowShapes } from "./standardize.ts";

/**
 * The reverse KL divergence of the corrected posterior from its target, where a map T corrects the latents:
 * `min E_z[-log pi(T(z)) - log|det dT/dz|]`, pi the target in latent space, the flow's weights frozen. `target: latent`
 * takes the amortized posterior as prior (Siahkoohi et al. 2023, eq. 14), `target: posterior` the unknown's own.
 */
export function latentDivergence(
  problem: CorrectionProblem,
  options: CorrectionOptions<LatentCorrection>,
): Objective<FittedLatents> {
  const { posterior, observation: { summary } } = problem, prior = priorOf(problem, options);
  const likelihoods = likelihoodsOf(problem, options);
  const objective = latentObjective({
    shape: flowShapes(posterior.standardization).x,
    targetAt: (step) => latentTarget(posterior, { likelihood: likelihoods.at(step), prior, summary }),
  }, options);
  return { ...objective, heldOut: likelihoods.heldOut };
}

/**
 * The reverse KL divergence from a density of latents [..shape] of their image under a map T. Each step has an estimate
 * of this density. A step maps z to z', evaluates the gradient of the density there, and propagates it back through T.
 */
export function latentObjective(
  { shape, targetAt }: { shape: readonly number[]; targetAt: (step: number) => LatentTarget },
  { correction, settings, key, mode }: CorrectionOptions<LatentCorrection>,
): Objective<FittedLatents> {
  const n = settings.samples, drawAt = drawsOf(shape.reduce((a, b) => a * b, 1), { settings, key, mode });
  const gradientOf = settings.gradient === "path" ? pathGradient : totalGradient;
  return {
    start: scope(() => correction.init(fold(key, "init"), shape)),
    async gradientAt(params, step) {
      const z = drawAt(step), moved = scope(() => correction.apply(params, tensor(z, [n, ...shape])).z);
      const there = await read(moved);
      dispose({ moved });
      const density = await targetAt(step)(there, n);
      const at = tensor(z, [n, ...shape]);
      const gradient = await gradientOf(correction, params, { z: at, rise: density.gradient });
      dispose({ at });
      return { gradient, ...estimates(density) };
    },
    fitted: (params) => ({ changes: "latents", correction, params }),
  };
}

/** The gradient in the parameters of T, from latents z and the gradient of the target there, flat [n, size]. */
type LatentGradient = (
  correction: LatentCorrection,
  params: Params,
  at: { z: Tensor; rise: Float32Array },
) => Promise<Params>;

type Tensors = Record<string, Tensor>;

const totalGradient: LatentGradient = (correction, params, { z, rise }) =>
  Promise.resolve(
    scope(() => correction.gradient(params, z, tensor(rise.map((g) => -g), z.shape)) as Tensors),
  );

/**
 * The path gradient: the gradient of `E[log q(z') - log pi(z')]` through z' alone (Roeder, Wu, Duvenaud 2017). The
 * derivative of log q in the parameters of T has mean 0 and is left out. The gradient is then 0 at every z once q
 * equals pi.
 */
const pathGradient: LatentGradient = async (correction, params, { z, rise }) => {
  const score = await correction.score(params, z);
  return scope(() => {
    const [whole, entropy] = [score.map((v, k) => v - rise[k]), new Float32Array(rise.length)]
      .map((dz) => correction.gradient(params, z, tensor(dz, z.shape)));
    return Object.fromEntries(Object.entries(whole).map(([name, g]) => [name, sub(g, entropy[name])]));
  });
};
