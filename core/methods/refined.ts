import type { RefinementSpec } from "../contracts/spec.ts";
import { type AmortizedPosterior, drawPosterior, withFittedWeights } from "../inference/draw.ts";
import type { FittedCorrection } from "../inference/fitted_correction.ts";
import { meanAndStd } from "../inference/evaluate.ts";
import { effectiveSampleSize, interleaved, splitRHat } from "../inference/convergence.ts";
import { latentProposal, resample, rowsAt, weighDraws } from "../inference/importance.ts";
import { latentTarget } from "../inference/latent_target.ts";
import { likelihoodOf } from "../inference/likelihood.ts";
import type { Observation, Problem } from "../inference/simulate.ts";
import { refinementPath } from "../inference/refinement_path.ts";
import { flowShapes } from "../inference/standardize.ts";
import { type Population, temperedPopulation } from "../inference/tempered.ts";
import { sizeOf } from "../base/shape.ts";
import { attempt, smoothWeights } from "../metrics/mod.ts";
import { fold, type Key } from "../base/random.ts";
import type { Node } from "../store/graph.ts";
import type { Estimate, LearnedTask } from "./method.ts";
import { type StoredFit, withFit } from "./stored_fit.ts";

/** Number of rows that the flow evaluates at once. */
const BATCH = 512;

/** The posterior that a refinement starts from, and the number of samples. */
interface RefinementTask {
  readonly posterior: AmortizedPosterior;
  readonly corrected: FittedCorrection;
  readonly problem: Problem;
  readonly observation: Observation;
  readonly samples: number;
  readonly key: Key;
  readonly signal?: AbortSignal;
}

/** Samples, flat [n, size], and the diagnostics of their quality. */
interface Resampled {
  readonly x: Float32Array;
  readonly diagnostics: Record<string, number>;
}

/**
 * Draws samples of the exact posterior `p(d | x) p(x)`. `importance`: draws of the amortized or corrected posterior
 * are weighted and resampled; `kHat` and `weightEss` measure the quality of the weights. `smc`: populations are
 * tempered from the flow and the prior to the posterior; `rHat` and `ess` compare the populations.
 */
export async function refine(settings: RefinementSpec, task: RefinementTask): Promise<Estimate> {
  const { x, diagnostics } = settings.kind === "importance"
    ? await resampled(settings, task)
    : await populated(settings, task);
  const size = sizeOf(task.posterior.standardization.x);
  return { method: "refined", samples: x, ...meanAndStd(x, size), diagnostics };
}

/** Weighted draws, resampled. */
async function resampled(
  { draws: count, from }: Extract<RefinementSpec, { kind: "importance" }>,
  { posterior, corrected, problem, observation, samples, key, signal }: RefinementTask,
): Promise<Resampled> {
  const size = sizeOf(posterior.standardization.x), shape = flowShapes(posterior.standardization).x;
  const likelihood = likelihoodOf(problem, observation.data), { prior } = problem;
  const fitted = from === "corrected" ? corrected : undefined;
  const flow = withFittedWeights(posterior, fitted), { summary } = observation;
  const target = latentTarget(flow, { likelihood, prior, summary }), proposal = latentProposal(shape, fitted);
  const draws = await weighDraws(target, proposal, { key: fold(key, "draws"), n: count, size, signal });
  const { weights, kHat, ess: weightEss } = smoothWeights(draws.logWeights);
  const chosen = resample(weights, { key: fold(key, "resample"), n: samples });
  return { x: rowsAt(draws.x, chosen, size), diagnostics: { kHat, weightEss } };
}

/** The particles of independent populations, each half from the flow and half from the prior. */
async function populated(
  { populations }: Extract<RefinementSpec, { kind: "smc" }>,
  { posterior, problem, observation, samples, key, signal }: RefinementTask,
): Promise<Resampled> {
  const size = sizeOf(posterior.standardization.x), { summary } = observation;
  const path = refinementPath({ posterior, problem, observation }), all: Population[] = [];
  const n = Math.ceil(samples / populations), half = Math.ceil(n / 2);
  for (let p = 0; p < populations; p++) {
    const populationKey = fold(key, p), draw = { key: fold(populationKey, "flow"), n: half, batch: BATCH };
    const flow = await drawPosterior(posterior, summary, draw);
    const prior = await problem.prior.sample(fold(populationKey, "prior"), n - half);
    const draws = Float64Array.of(...flow, ...prior);
    all.push(await temperedPopulation(path, draws, { size, key: fold(populationKey, "moves"), signal }));
  }
  const states = { size, paths: all.map(({ x }) => x) };
  const mean = (of: (population: Population) => number) =>
    all.reduce((sum, p) => sum + of(p), 0) / all.length;
  return {
    x: interleaved(states).slice(0, samples * size),
    diagnostics: {
      rHat: splitRHat(states),
      ess: effectiveSampleSize(states),
      temperatures: mean((p) => p.temperatures),
      accepted: mean((p) => p.accepted),
    },
  };
}

/** A refined estimate, and its solves. */
export type Refined = Estimate & { readonly refinementSolves: number };

/** The refined samples of an observation. Undefined if the spec has no refinement. */
export function refinedNode(task: LearnedTask, fit: Node<StoredFit>): Node<Refined> | undefined {
  const { spec: { refinement, evaluation }, learned, observation, context } = task;
  if (!refinement) return;
  const parts = {
    reads: { refinement, samples: evaluation.samples },
    upstream: [learned.trained, observation, fit],
  };
  return context.graph.node("refine", parts, async () => {
    const opened = await learned.open(), problem = await task.problem(), { solves } = problem.survey;
    const seen = await observation.get(), before = solves.count;
    const estimate = await withFit(await fit.get(), opened, (corrected) =>
      refine(refinement, {
        posterior: opened.posterior,
        corrected,
        problem,
        observation: seen,
        samples: evaluation.samples,
        key: fold(task.key, "refine"),
        signal: context.signal,
      }));
    return { ...estimate, refinementSolves: solves.count - before };
  });
}

/** Solves of a refinement. Undefined if the spec has none, or if it fails for this observation. */
export async function refinementSolves(refined?: Node<Refined>): Promise<number | undefined> {
  const estimate = await attempt(async () => await refined?.get());
  return estimate.reason === undefined ? estimate.value?.refinementSolves : undefined;
}
