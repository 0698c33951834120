import type { Correction, Optimizer, Params } from "../contracts/flow.ts";
import type { Survey } from "../contracts/operator.ts";
import type { NoiseModel, Prior, Summary } from "../contracts/problem.ts";
import type { CorrectionSpec } from "../contracts/spec.ts";
import { dispose, read, scope, tensor } from "../engine/mod.ts";
import { sizeOf } from "../linalg/mod.ts";
import { fold, type Key } from "../random.ts";
import { type AmortizedPosterior, type FittedCorrection, latents } from "./draw.ts";
import { latentTarget } from "./latent_target.ts";
import { encodedLikelihoods } from "./likelihood.ts";
import type { Observation } from "./simulate.ts";
import { flowShapes } from "./standardize.ts";

export interface CorrectionEvent {
  readonly step: number;
  readonly pass: number;
  /** One-source estimate of what is minimised, without the correction's own entropy term and up to a constant. */
  readonly objective: number;
  /** One-source estimate of `-log p(d | x)`. */
  readonly misfit: number;
}

/** What the correction is told: the observation's own operator and noise, its prior for `target: posterior` alone. */
export interface CorrectionProblem {
  readonly posterior: AmortizedPosterior;
  readonly survey: Survey;
  readonly noise: NoiseModel;
  readonly prior: Prior;
  readonly summary: Summary;
  readonly observation: Pick<Observation, "data" | "summary">;
}

interface CorrectionOptions {
  readonly correction: Correction;
  readonly optimizer: Optimizer;
  readonly settings: CorrectionSpec;
  /** Steps of a pass: sources of the training survey, so that fewer sources do not mean fewer steps. */
  readonly stepsPerPass: number;
  readonly key: Key;
  readonly signal?: AbortSignal;
  readonly progress?: (event: CorrectionEvent) => void;
}

/**
 * Fits a latent distribution correction T to one observation by the reverse KL divergence, the flow's weights
 * frozen: `min E_z[-log pi(T(z)) - log|det dT/dz|]`, pi the latent target. `target: latent` takes the amortized
 * posterior as prior (Siahkoohi et al. 2023, eq. 14), `target: posterior` the unknown's own. Every step draws
 * `samples` fresh z and one encoded source, and costs one J and one J^T solve per sample.
 */
export async function correctLatent(
  problem: CorrectionProblem,
  options: CorrectionOptions,
): Promise<FittedCorrection> {
  const { correction, optimizer, settings, stepsPerPass, key } = options, { posterior, survey } = problem;
  let params = scope(() => correction.init(fold(key, "init"), flowShapes(posterior.standardization).x));
  if (correction.adapts) {
    return { correction, params, summary: await adaptedSummary(problem) };
  }
  if (Object.keys(params).length === 0) return { correction, params };
  let state = scope(() => optimizer.init(params));
  const gradientAt = objectiveGradient(problem, options), budget = solveBudget(survey, settings.budget);
  for (let step = 0; step < settings.passes * stepsPerPass && budget.allows(); step++) {
    options.signal?.throwIfAborted();
    const pass = Math.floor(step / stepsPerPass);
    const { gradient, ...event } = await gradientAt(params, step);
    const next = scope(() =>
      optimizer.step(params, gradient, state, { step, rate: optimizer.rate * settings.decay ** pass })
    );
    for (const old of [gradient, params, state]) dispose(old);
    ({ params, state } = next);
    options.progress?.({ step: step + 1, pass: pass + 1, ...event });
  }
  dispose(state);
  return { correction, params };
}

async function adaptedSummary({ summary, observation }: CorrectionProblem): Promise<Float32Array> {
  const adapted = await summary.adapted?.(observation.data);
  if (adapted) return adapted;
  throw new Error(`The summary "${summary.space.name}" has no prior of its own that the data could tell.`);
}

/** One stochastic gradient: z -> z' by the correction, its target's gradient, and back through the correction. */
function objectiveGradient(problem: CorrectionProblem, { correction, settings, key }: CorrectionOptions) {
  const { posterior, observation: { data, summary } } = problem, { samples: n } = settings;
  const { x: space } = posterior.standardization, shape = [n, ...flowShapes(posterior.standardization).x];
  const prior = settings.target === "posterior" ? problem.prior : undefined;
  const likelihoodAt = encodedLikelihoods(problem, {
    data,
    encoding: settings.encoding,
    key: fold(key, "encodings"),
  });
  return async (params: Params, step: number) => {
    const z = draws(fold(fold(key, "z"), step), { n, size: sizeOf(space), antithetic: settings.antithetic });
    const moved = scope(() => correction.apply(params, tensor(z, shape)).z);
    const there = await read(moved);
    dispose({ moved });
    const target = latentTarget(posterior, { likelihood: likelihoodAt(step), prior, summary });
    const { values, gradient: rise, misfits } = await target(there, n);
    const dz = rise.map((g) => -g);
    const gradient = scope(() => correction.gradient(params, tensor(z, shape), tensor(dz, shape)));
    return { gradient, misfit: mean(misfits), objective: -mean(values) };
  };
}

/** Latent normals [n, size]; `antithetic`: the second half is minus the first. */
function draws(
  key: Key,
  { n, size, antithetic }: { n: number; size: number; antithetic: boolean },
): Float32Array {
  if (!antithetic) return latents(key, { from: 0, n, size });
  const half = latents(key, { from: 0, n: n / 2, size }), both = new Float32Array(n * size);
  both.set(half);
  both.set(half.map((v) => -v), half.length);
  return both;
}

/** Says before each step whether another one as dear as the dearest so far keeps within a number of solves. */
function solveBudget({ solves }: Survey, most = Infinity): { allows(): boolean } {
  const start = solves.count;
  let last = start, dearest = 0;
  return {
    allows() {
      dearest = Math.max(dearest, solves.count - last);
      last = solves.count;
      return last - start + dearest <= most;
    },
  };
}

function mean(values: Float64Array): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}
