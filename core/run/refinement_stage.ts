import type { RefinementSpec } from "../contracts/spec.ts";
import type { AmortizedPosterior, FittedCorrection } from "../inference/draw.ts";
import { meanAndStd } from "../inference/evaluate.ts";
import { effectiveSampleSize, interleaved, type Populations, splitRHat } from "../inference/convergence.ts";
import { latentProposal, resample, rowsAt, weighDraws, type WeightedDraws } from "../inference/importance.ts";
import { latentPopulation, type Population } from "../inference/latent_population.ts";
import { type LatentTarget, latentTarget } from "../inference/latent_target.ts";
import { likelihoodOf } from "../inference/likelihood.ts";
import type { Observation, Problem } from "../inference/simulate.ts";
import { flowShapes } from "../inference/standardize.ts";
import { sizeOf } from "../linalg/mod.ts";
import { smoothWeights } from "../metrics/mod.ts";
import { fold, type Key } from "../random.ts";
import type { Estimate } from "./scenario_stage.ts";

/** What a refinement starts from, and how many samples it makes. */
export interface RefinementTask {
  readonly posterior: AmortizedPosterior;
  readonly corrected: FittedCorrection;
  readonly problem: Problem;
  readonly observation: Observation;
  readonly samples: number;
  readonly key: Key;
  readonly signal?: AbortSignal;
}

/**
 * Samples of the posterior `p(d | x) p(x)` itself: draws of the amortized or corrected posterior, weighted and
 * resampled, or for `smc` populations of them that are tempered and moved in latent space. Its diagnostics: `kHat`
 * and `weightEss` of the weights; `rHat` and `ess` of the populations, their temperatures and the acceptance of their
 * moves.
 */
export async function refine(settings: RefinementSpec, task: RefinementTask): Promise<Estimate> {
  const { posterior, corrected, problem, observation, samples, key, signal } = task;
  const size = sizeOf(posterior.standardization.x), shape = flowShapes(posterior.standardization).x;
  const likelihood = likelihoodOf(problem, observation.data), { prior } = problem;
  const target = latentTarget(posterior, { likelihood, prior, summary: observation.summary });
  const proposal = latentProposal(shape, settings.from === "corrected" ? corrected : undefined);
  const weigh: Weigh = (own, n) => weighDraws(target, proposal, { key: fold(own, "draws"), n, size, signal });
  const { x, diagnostics } = settings.kind === "importance"
    ? await resampled(settings, { weigh, samples, size, key })
    : await populated(settings, { target, weigh, samples, size, key, signal });
  return { method: "refined", samples: x, ...meanAndStd(x, size), diagnostics };
}

/** `n` weighted draws of the posterior that refinement starts from. */
type Weigh = (key: Key, n: number) => Promise<WeightedDraws>;

/** Samples, flat [n, size], and what speaks for them. */
interface Refined {
  readonly x: Float32Array;
  readonly diagnostics: Record<string, number>;
}

/** Weighted draws, resampled. */
async function resampled(
  { draws: count }: Extract<RefinementSpec, { kind: "importance" }>,
  { weigh, samples, size, key }: { weigh: Weigh; samples: number; size: number; key: Key },
): Promise<Refined> {
  const draws = await weigh(key, count), { weights } = smoothWeights(draws.logWeights);
  const chosen = resample(weights, { key: fold(key, "resample"), n: samples });
  return { x: rowsAt(draws.x, chosen, size), diagnostics: weightDiagnostics(draws.logWeights) };
}

/** The particles of independent populations. */
async function populated(
  settings: Extract<RefinementSpec, { kind: "smc" }>,
  { target, weigh, samples, size, key, signal }: {
    target: LatentTarget;
    weigh: Weigh;
    samples: number;
    size: number;
    key: Key;
    signal?: AbortSignal;
  },
): Promise<Refined> {
  const n = Math.ceil(samples / settings.populations);
  const logWeights: number[] = [], populations: Population[] = [];
  for (let p = 0; p < settings.populations; p++) {
    const own = fold(key, p), draws = await weigh(own, n);
    logWeights.push(...draws.logWeights);
    populations.push(await latentPopulation(target, draws, { settings, key: fold(own, "moves"), signal }));
  }
  const states = { size, paths: populations.map(({ cloud }) => Float64Array.from(cloud.x)) };
  return {
    x: interleaved(states).slice(0, samples * size),
    diagnostics: { ...weightDiagnostics(logWeights), ...populationDiagnostics(populations, states) },
  };
}

function weightDiagnostics(logWeights: ArrayLike<number>): Record<string, number> {
  const { kHat, ess } = smoothWeights(logWeights);
  return { kHat, weightEss: ess };
}

/** Whether populations agree, and how hard it was to bring them to the posterior. */
function populationDiagnostics(all: readonly Population[], states: Populations): Record<string, number> {
  const mean = (of: (population: Population) => number) =>
    all.reduce((sum, p) => sum + of(p), 0) / all.length;
  return {
    rHat: splitRHat(states),
    ess: effectiveSampleSize(states),
    temperatures: mean((p) => p.temperatures),
    acceptedLocal: mean((p) => p.accepted.local),
    acceptedJump: mean((p) => p.accepted.jump),
  };
}
