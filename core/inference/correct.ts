import type { Correction, Optimizer, Params } from "../contracts/flow.ts";
import type { Survey } from "../contracts/operator.ts";
import type { Likelihood, NoiseModel } from "../contracts/problem.ts";
import type { CorrectionSpec } from "../contracts/spec.ts";
import { add, dispose, read, scope, tensor } from "../engine/mod.ts";
import { sizeOf } from "../linalg/mod.ts";
import { fold, type Key, permutation } from "../random.ts";
import { type AmortizedPosterior, contextTensor, type FittedCorrection, latents } from "./draw.ts";
import { encodings } from "./encodings.ts";
import { encodedLikelihoods } from "./likelihood.ts";
import type { Observation } from "./simulate.ts";
import { flowShapes, fromFlow, gradientToFlow } from "./standardize.ts";

export interface CorrectionEvent {
  readonly step: number;
  readonly pass: number;
  /** One-source estimate of `N/2 |W(J_i x - d_i)|^2 + 1/2 |z'|^2`, without the entropy term. */
  readonly objective: number;
  readonly misfit: number;
}

/** What the correction is told: the observation's own operator and noise, never its prior. */
export interface CorrectionProblem {
  readonly posterior: AmortizedPosterior;
  readonly survey: Survey;
  readonly noise: NoiseModel;
  readonly observation: Pick<Observation, "data" | "summary">;
}

/**
 * Fits a latent distribution correction to one observation by the physics-based reverse KL of Siahkoohi et al.
 * (2023), eq. 14: `min E_z[N/2 |W(J_i f^-1(T(z); y) - d_i)|^2 + 1/2 |T(z)|^2 - log|det dT/dz|]`, one fresh z and
 * one encoded source per step, the flow's weights frozen. Costs one J and one J^T solve per step.
 */
export async function correctLatent(
  problem: CorrectionProblem,
  { correction, optimizer, settings, key, signal, progress }: {
    correction: Correction;
    optimizer: Optimizer;
    settings: CorrectionSpec;
    key: Key;
    signal?: AbortSignal;
    progress?: (event: CorrectionEvent) => void;
  },
): Promise<FittedCorrection> {
  const { survey, observation, posterior } = problem;
  const n = survey.sources;
  const weights = encodings(settings.encoding, { n, key: fold(key, "encodings") });
  const likelihoods = encodedLikelihoods(problem, { data: observation.data, weights });
  let params = scope(() => correction.init(flowShapes(posterior.standardization).x));
  if (Object.keys(params).length === 0) return { correction, params };
  let state = scope(() => optimizer.init(params));
  for (let step = 0; step < settings.passes * n; step++) {
    signal?.throwIfAborted();
    const pass = Math.floor(step / n), at = step % n;
    const order = permutation(fold(fold(key, "order"), pass), n);
    const { gradient, ...event } = await objectiveGradient(problem, {
      correction,
      params,
      likelihood: likelihoods[order[at]],
      key: fold(fold(key, "z"), step),
    });
    const next = scope(() =>
      optimizer.step(params, gradient, state, { step, rate: optimizer.rate * settings.decay ** pass })
    );
    for (const old of [gradient, params, state]) dispose(old);
    ({ params, state } = next);
    progress?.({ step: step + 1, pass: pass + 1, ...event });
  }
  dispose(state);
  return { correction, params };
}

/** One stochastic gradient: latent z -> z' -> x by the flow, misfit gradient by the adjoint, back by the flow. */
async function objectiveGradient(
  { posterior, observation }: CorrectionProblem,
  { correction, params, likelihood, key }: {
    correction: Correction;
    params: Params;
    likelihood: Likelihood;
    key: Key;
  },
) {
  const { flow, params: weights, standardization: s } = posterior;
  const shape = [1, ...flowShapes(s).x];
  const z = latents(key, { from: 0, n: 1, size: sizeOf(s.x) });
  const x = scope(() => {
    const moved = correction.apply(params, tensor(z, shape)).z;
    return flow.inverse(weights, moved, contextTensor(posterior, observation.summary, 1));
  });
  const { values: [misfit], gradients: dx } = await likelihood.misfit(fromFlow(s, await read(x)));
  const { prior, gradient } = scope(() => {
    const context = contextTensor(posterior, observation.summary, 1);
    const pulled = flow.pullback(weights, x, context, tensor(gradientToFlow(s, dx), shape));
    const dz = add(pulled.dz, pulled.z);
    return { prior: pulled.z, gradient: correction.gradient(params, tensor(z, shape), dz) };
  });
  const latent = (await read(prior)).reduce((sum, v) => sum + v * v / 2, 0);
  dispose({ x, prior });
  return { gradient, misfit, objective: misfit + latent };
}
