import type { Params } from "../contracts/flow.ts";
import { dispose, mul, read, scope, tensor } from "../engine/mod.ts";
import { sizeOf } from "../linalg/mod.ts";
import { fold, type Key } from "../random.ts";
import type { CorrectionOptions, CorrectionProblem } from "./correct.ts";
import { contextTensor, type FittedCorrection, latents } from "./draw.ts";
import { latentTarget, type LatentValues } from "./latent_target.ts";
import { type EncodedLikelihoods, encodedLikelihoods } from "./likelihood.ts";
import { flowShapes } from "./standardize.ts";

/** What a correction fits, and where it starts; the caller owns the tensors. */
export interface FittedParts {
  readonly start: Params;
  /** The stochastic gradient of a step, and one-source estimates of what is minimised and of `-log p(d | x)`. */
  gradientAt(params: Params, step: number): Promise<{ gradient: Params; misfit: number; objective: number }>;
  /** The correction of some parameters; it shares their tensors. */
  fitted(params: Params): FittedCorrection;
  /** Misfit of the sources that no step sees; absent where none is held out. */
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

/** z -> z' by the correction, its target's gradient, and back through the correction. */
const latentParts: Parts = (problem, { correction, settings, key }, likelihoods) => {
  const { posterior, observation: { summary } } = problem, { samples: n } = settings;
  const shape = flowShapes(posterior.standardization).x, prior = priorOf(problem, settings);
  const drawAt = draws(problem, { settings, key });
  return {
    start: scope(() => correction.init(fold(key, "init"), shape)),
    async gradientAt(params, step) {
      const z = drawAt(step), moved = scope(() => correction.apply(params, tensor(z, [n, ...shape])).z);
      const there = await read(moved);
      dispose({ moved });
      const found = await latentTarget(posterior, { likelihood: likelihoods.at(step), prior, summary })(
        there,
        n,
      );
      const dz = found.gradient.map((g) => -g);
      const gradient = scope(() =>
        correction.gradient(params, tensor(z, [n, ...shape]), tensor(dz, [n, ...shape]))
      );
      return { gradient, ...estimates(found) };
    },
    fitted: (params) => ({ correction, params }),
  };
};

/**
 * With `w = (d f^-1/dz)^T d/dx(-log pi + logdet)`, which the target's gradient is minus of, and `dx/dphi =
 * -(df/dx)^-1 df/dphi` at a fixed z, the derivative in the weights phi is `-w^T df/dphi + dlogdet/dphi`: one walk of
 * the flow's backward.
 */
const weightParts: Parts = (problem, { correction, settings, key }, likelihoods) => {
  const { posterior, observation: { summary } } = problem, { samples: n } = settings;
  const shape = [n, ...flowShapes(posterior.standardization).x], prior = priorOf(problem, settings);
  const trained = prior ? undefined : posterior.params, drawAt = draws(problem, { settings, key });
  return {
    start: scope(() => copied(posterior.params)),
    async gradientAt(params, step) {
      const z = drawAt(step), own = { ...posterior, params };
      const target = latentTarget(own, { likelihood: likelihoods.at(step), prior, trained, summary });
      const found = await target(z, n);
      const gradient = scope(() => {
        const latent = { dz: tensor(found.gradient.map((g) => g / n), shape), dlogdet: 1 / n };
        const context = contextTensor(own, summary, n);
        return own.flow.backward(params, tensor(z, shape), context, latent).gradient as ReturnType<
          typeof copied
        >;
      });
      return { gradient, ...estimates(found) };
    },
    fitted: (weights) => ({ correction, params: {}, weights }),
  };
};

function copied(params: Params) {
  return Object.fromEntries(Object.entries(params).map(([name, p]) => [name, mul(p, 1)]));
}

function priorOf({ prior }: CorrectionProblem, { target }: CorrectionOptions["settings"]) {
  return target === "posterior" ? prior : undefined;
}

function estimates({ misfits, values }: LatentValues) {
  return { misfit: mean(misfits), objective: -mean(values) };
}

/** Latent normals [n, size] of a step; `antithetic`: the second half is minus the first. */
function draws(
  { posterior }: CorrectionProblem,
  { settings: { samples: n, antithetic }, key }: Pick<CorrectionOptions, "settings"> & { key: Key },
): (step: number) => Float32Array {
  const size = sizeOf(posterior.standardization.x);
  return (step) => {
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
