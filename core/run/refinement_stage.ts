import type { RefinementSpec } from "../contracts/spec.ts";
import type { AmortizedPosterior, FittedCorrection } from "../inference/draw.ts";
import { meanAndStd } from "../inference/evaluate.ts";
import { latentProposal, resample, rowsAt, weighDraws } from "../inference/importance.ts";
import { annealedStart } from "../inference/latent_annealing.ts";
import { latentChains } from "../inference/latent_chains.ts";
import { latentTarget } from "../inference/latent_target.ts";
import { likelihoodOf } from "../inference/likelihood.ts";
import type { Observation, Problem } from "../inference/simulate.ts";
import { flowShapes } from "../inference/standardize.ts";
import { sizeOf } from "../linalg/mod.ts";
import { smoothWeights } from "../metrics/mod.ts";
import { fold, type Key } from "../random.ts";
import type { Estimate } from "./scenario_stage.ts";

/**
 * Samples of the posterior `p(d | x) p(x)` itself: draws of the amortized or corrected posterior, weighted and
 * resampled, or for `mcmc` annealed and then moved by Markov chains in latent space. Its diagnostics: `kHat` and
 * `weightEss` of the weights, `rHat` and `ess` of the chains, and the acceptance of their moves.
 */
export async function refine(
  settings: RefinementSpec,
  { posterior, corrected, problem, observation, samples, key, signal }: {
    posterior: AmortizedPosterior;
    corrected: FittedCorrection;
    problem: Problem;
    observation: Observation;
    samples: number;
    key: Key;
    signal?: AbortSignal;
  },
): Promise<Estimate> {
  const shape = flowShapes(posterior.standardization).x, size = sizeOf(posterior.standardization.x);
  const likelihood = likelihoodOf(problem, observation.data), { prior } = problem;
  const target = latentTarget(posterior, { likelihood, prior, summary: observation.summary });
  const proposal = latentProposal(shape, settings.from === "corrected" ? corrected : undefined);
  const draws = await weighDraws(target, proposal, {
    key: fold(key, "draws"),
    n: settings.draws,
    size,
    signal,
  });
  const { weights, kHat, ess: weightEss } = smoothWeights(draws.logWeights);
  const estimate = (x: Float32Array, diagnostics: Record<string, number>): Estimate => ({
    method: "refined",
    samples: x,
    ...meanAndStd(x, size),
    diagnostics: { kHat, weightEss, ...diagnostics },
  });
  if (settings.kind === "importance") {
    return estimate(rowsAt(draws.x, resample(weights, { key: fold(key, "resample"), n: samples }), size), {});
  }
  const { chains, leaps } = settings, keep = Math.ceil(samples / chains);
  const start = await annealedStart(target, draws, { chains, leaps, key: fold(key, "anneal"), signal });
  const options = { keep, settings, key: fold(key, "chains"), signal };
  const { samples: x, rHat, ess, acceptance } = await latentChains(target, start, options);
  const accepted = { acceptedLocal: acceptance.local, acceptedFresh: acceptance.fresh };
  return estimate(x.subarray(0, samples * size), { rHat, ess, ...accepted, acceptedJump: acceptance.jump });
}
