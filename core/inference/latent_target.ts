import type { Likelihood, Prior } from "../contracts/problem.ts";
import type { Flow, Params } from "../contracts/flow.ts";
import { dispose, mul, read, scope, square, sub, sumPerSample, type Tensor, tensor } from "../engine/mod.ts";
import { sizeOf } from "../base/shape.ts";
import { type AmortizedPosterior, contextTensor, rowwiseLogNormal } from "./draw.ts";
import { flowShapes, fromFlow, gradientToFlow, logVolume } from "./standardize.ts";

/** The parts of a density of latents. */
interface TargetParts {
  readonly likelihood: Likelihood;
  /** The prior of the unknown; it must have a density. If absent, the amortized posterior is the prior. */
  readonly prior?: Prior;
  /** The weights of the flow that is the prior, if they differ from the weights of the posterior. */
  readonly trained?: Params;
  /** The observation's summary, which the flow is conditioned on. */
  readonly summary: Float32Array;
}

/** A density at `n` latents. */
export interface LatentValues {
  /** Log density, up to a constant, [n]. */
  readonly values: Float64Array;
  /** Its gradients in z, flat [n, size]. */
  readonly gradient: Float32Array;
  /** `x = f^-1(z; y)` in the unknown's own unit, flat [n, size]. */
  readonly x: Float32Array;
  /** `-log p(d | x)`, up to a constant, [n]. */
  readonly misfits: Float64Array;
}

/** A density of latents z, flat [n, size]. */
export type LatentTarget = (z: Float32Array, n: number) => Promise<LatentValues>;

/**
 * The posterior in the flow's latent space: `log p(d | x) + log p(x) + log|det dx/dz|` at `x = f^-1(z; y)`, whose
 * samples z give samples x of the posterior however wrong the flow is. Without a prior, `p(x)` is the flow's own
 * `q(x | y)`, which leaves `log p(d | x) - 1/2 |z|^2` unless `trained` says that q has other weights. Costs one J and
 * one J^T per latent.
 */
export function latentTarget(
  posterior: AmortizedPosterior,
  { likelihood, prior, trained, summary }: TargetParts,
): LatentTarget {
  const { flow, params, standardization: s } = posterior, size = sizeOf(s.x);
  if (prior) checkPrior(prior, s.mask);
  return async (z, n) => {
    const shape = [n, ...flowShapes(s).x];
    const u = scope(() => flow.inverse(params, tensor(z, shape), contextTensor(posterior, summary, n)));
    const coordinates = await read(u),
      x = fromFlow(s, coordinates, summary),
      volume = logVolume(s, coordinates, summary);
    const { values: misfits, gradients } = await likelihood.misfit(x, n);
    const density = prior && priorTerms(prior, { x, n });
    const dx = density ? gradients.map((g, i) => g - density.scores[i]) : gradients;
    const du = gradientToFlow(s, dx, { u: coordinates, y: summary });
    const { dz, logdet, ...q } = scope(() => {
      const context = contextTensor(posterior, summary, n),
        q = trained && logFlow(flow, trained, { u, context });
      // With a prior the loss has -log|det dx/dz|, which is the flow's logdet less that of dx/du.
      const cotangent = tensor(density ? du.map((g, i) => g - volume.gradients[i]) : du, shape);
      const gradient = { dx: q ? sub(cotangent, q.du) : cotangent, dlogdet: density || q ? 1 : 0 };
      const { dz, logdet } = flow.pullback(params, u, context, gradient);
      return { dz, logdet, ...(q && { values: q.values }) };
    });
    const [pulled, logdets] = await Promise.all([read(dz), read(logdet)]);
    const amortized = q.values ? await read(q.values) : rowwiseLogNormal(z, size);
    dispose({ u, dz, logdet, ...(q.values && { values: q.values }) });
    const priorAt = (i: number) =>
      density
        ? density.values[i] - logdets[i] + volume.values[i]
        : trained
        ? amortized[i] - logdets[i]
        : amortized[i];
    const values = misfits.map((misfit, i) => priorAt(i) - misfit);
    const gradient = pulled.map((g, i) => density || trained ? -g : -g - z[i]);
    return { values, gradient, x, misfits };
  };
}

/** `log q(u | y) = -1/2 |f(u; y)|^2 + log|det df/du|` of a flow with given weights, and its gradient. */
function logFlow(flow: Flow, weights: Params, { u, context }: { u: Tensor; context: Tensor }) {
  const { z, logdet } = flow.forward(weights, u, context);
  const { dx } = flow.backward(weights, z, context, { dz: mul(z, -1), dlogdet: 1 });
  return { values: sub(logdet, mul(sumPerSample(square(z)), 0.5)), du: dx };
}

/** Refuses a prior without a density, and muted cells, for which no density is defined. */
export function checkPrior(prior: Prior, mask: Float32Array): void {
  if (!prior.logDensity || !prior.score) {
    throw new Error(
      "The posterior in latent space needs a prior whose density is known: this one gives none.",
    );
  }
  if (mask.some((free) => free === 0)) {
    throw new Error("The posterior in latent space needs every cell free, but the operator mutes some.");
  }
}

/** `log p(x)` [n] and its gradients, flat [n, size]. */
function priorTerms(prior: Prior, { x, n }: { x: Float32Array; n: number }) {
  const size = x.length / n, values = new Float64Array(n), scores = new Float32Array(x.length);
  for (let i = 0; i < n; i++) {
    const at = x.subarray(i * size, (i + 1) * size);
    values[i] = prior.logDensity!(at);
    scores.set(prior.score!(at), i * size);
  }
  return { values, scores };
}
