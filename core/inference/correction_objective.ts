import type { Correction, Params } from "../contracts/flow.ts";
import { dispose, mul, read, scope, sub, type Tensor, tensor } from "../engine/mod.ts";
import { sizeOf } from "../base/shape.ts";
import { fold } from "../base/random.ts";
import type { CorrectionOptions, CorrectionProblem } from "./correction_task.ts";
import { contextTensor, type FittedCorrection, latents } from "./draw.ts";
import { type LatentTarget, latentTarget, type LatentValues } from "./latent_target.ts";
import { type EncodedLikelihoods, encodedLikelihoods } from "./likelihood.ts";
import { flowShapes } from "./standardize.ts";

/** The objective of a fitted correction, and the parameters at its start. The caller owns the tensors. */
export interface FittedParts {
  readonly start: Params;
  /**
   * The stochastic gradient of a step. It comes with one-source estimates of the objective and of `-log p(d | x)`.
   */
  gradientAt(params: Params, step: number): Promise<{ gradient: Params; misfit: number; objective: number }>;
  /** The correction with these parameters. It shares their tensors. */
  fitted(params: Params): FittedCorrection;
  /** The misfit of the held-out sources. Absent if no source is held out. */
  readonly heldOut?: EncodedLikelihoods["heldOut"];
}

/**
 * The reverse KL divergence of the corrected posterior from its target. A correction of latents is a map T,
 * `min E_z[-log pi(T(z)) - log|det dT/dz|]`, the flow's weights frozen, pi the target in latent space; one of the
 * weights leaves z alone, `min E_z[-log pi(x) - log|det dx/dz|]` at `x = f^-1(z; y)`. `target: latent` takes the
 * amortized posterior as prior (Siahkoohi et al. 2023, eq. 14), `target: posterior` the unknown's own.
 */
export function fittedObjective(problem: CorrectionProblem, options: CorrectionOptions): FittedParts {
  const { correction, settings, key } = options, { survey, noise, observation: { data } } = problem;
  const { encoding, holdout } = settings;
  const likelihoods = encodedLikelihoods({ survey, noise }, {
    data,
    encoding,
    holdout,
    key: fold(key, "encodings"),
  });
  const parts = correction.changes === "weights" ? weightParts : latentParts;
  return { ...parts(problem, options, likelihoods), heldOut: likelihoods.heldOut };
}

type Parts = (
  problem: CorrectionProblem,
  options: CorrectionOptions,
  likelihoods: EncodedLikelihoods,
) => FittedParts;

/** Maps z to z', evaluates the gradient of the target there, and propagates it back through the correction. */
const latentParts: Parts = (problem, options, likelihoods) => {
  const { posterior, observation: { summary } } = problem, prior = priorOf(problem, options.settings);
  return latentObjective({
    shape: flowShapes(posterior.standardization).x,
    targetAt: (step) => latentTarget(posterior, { likelihood: likelihoods.at(step), prior, summary }),
  }, options);
};

/** A map of latents [..shape], and the density that it is fitted to. Each step has an estimate of this density. */
export function latentObjective(
  { shape, targetAt }: { shape: readonly number[]; targetAt: (step: number) => LatentTarget },
  { correction, settings, key, mode }: CorrectionOptions,
): FittedParts {
  const n = settings.samples, drawAt = draws(sizeOf({ shape }), { settings, key, mode });
  const gradientOf = settings.gradient === "path" ? pathGradient : totalGradient;
  return {
    start: scope(() => correction.init(fold(key, "init"), shape)),
    async gradientAt(params, step) {
      const z = drawAt(step), moved = scope(() => correction.apply(params, tensor(z, [n, ...shape])).z);
      const there = await read(moved);
      dispose({ moved });
      const found = await targetAt(step)(there, n);
      const at = tensor(z, [n, ...shape]);
      const gradient = await gradientOf(correction, params, { z: at, rise: found.gradient });
      dispose({ at });
      return { gradient, ...estimates(found) };
    },
    fitted: (params) => ({ correction, params }),
  };
}

/** The gradient in the parameters of T, from latents z and the gradient of the target there, flat [n, size]. */
type LatentGradient = (
  correction: Correction,
  params: Params,
  at: { z: Tensor; rise: Float32Array },
) => Promise<Params>;

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
    return mapped(whole, (g, name) => sub(g, entropy[name]));
  });
};

/**
 * With `w = (d f^-1/dz)^T d/dx(-log pi + logdet)`, which the target's gradient is minus of, and `dx/dphi =
 * -(df/dx)^-1 df/dphi` at a fixed z, the derivative in the weights phi is `-w^T df/dphi + dlogdet/dphi`: one walk of
 * the flow's backward. Through the samples alone it is that of `w - z` without the logdet's part.
 */
const weightParts: Parts = (problem, { correction, settings, key }, likelihoods) => {
  const { posterior, observation: { summary } } = problem, { samples: n } = settings;
  const shape = [n, ...flowShapes(posterior.standardization).x], prior = priorOf(problem, settings);
  const byPath = settings.gradient === "path";
  const trained = prior ? undefined : posterior.params;
  const drawAt = draws(sizeOf(posterior.standardization.x), { settings, key });
  return {
    start: scope(() => copied(posterior.params)),
    async gradientAt(params, step) {
      const z = drawAt(step), own = { ...posterior, params };
      const target = latentTarget(own, { likelihood: likelihoods.at(step), prior, trained, summary });
      const found = await target(z, n);
      const gradient = scope(() => {
        const dz = found.gradient.map((g, k) => (byPath ? g + z[k] : g) / n);
        const latent = { dz: tensor(dz, shape), dlogdet: byPath ? 0 : 1 / n };
        const context = contextTensor(own, summary, n);
        return own.flow.backward(params, tensor(z, shape), context, latent).gradient as Tensors;
      });
      return { gradient, ...estimates(found) };
    },
    fitted: (weights) => ({ correction, params: {}, weights }),
  };
};

type Tensors = Record<string, Tensor>;

function mapped(params: Params, each: (p: Tensor, name: string) => Tensor): Tensors {
  return Object.fromEntries(Object.entries(params).map(([name, p]) => [name, each(p, name)]));
}

function copied(params: Params) {
  return mapped(params, (p) => mul(p, 1));
}

function priorOf({ prior }: CorrectionProblem, { target }: CorrectionOptions["settings"]) {
  return target === "posterior" ? prior : undefined;
}

function estimates({ misfits, values }: LatentValues) {
  return { misfit: mean(misfits), objective: -mean(values) };
}

/** Latent normals [n, size] of a step; `antithetic`: the second half is minus the first; `mode`: all 0. */
function draws(
  size: number,
  { settings: { samples: n, antithetic }, key, mode }: Pick<CorrectionOptions, "settings" | "key" | "mode">,
): (step: number) => Float32Array {
  return (step) => {
    if (mode) return new Float32Array(n * size);
    const own = fold(fold(key, "z"), step);
    if (!antithetic) return latents(own, { from: 0, n, size });
    const half = latents(own, { from: 0, n: n / 2, size }), both = new Float32Array(n * size);
    both.set(half);
    both.set(half.map((v) => -v), half.length);
    return both;
  };
}

function mean(values: Float64Array): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}
