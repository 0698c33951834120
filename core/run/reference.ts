import { CONVERGED } from "../inference/convergence.ts";
import { meanAndStd } from "../inference/evaluate.ts";
import { referenceFor, type ReferencePosterior, sampledReference } from "../inference/reference.ts";
import type { Problem } from "../inference/simulate.ts";
import { sizeOf } from "../linalg/mod.ts";
import type { Key } from "../random.ts";
import type { GivenObservation } from "./observations.ts";
import type { Estimate } from "./scenario_stage.ts";
import type { RunContext } from "./context.ts";
import type { ArrayRecorder } from "./recorder.ts";

/** Gives the reference posterior of an observation, none where it cannot be had or its populations disagree. */
export type ReferenceOf = (
  observation: GivenObservation,
  options: { key: Key; n: number; place: string },
) => Promise<ReferencePosterior | undefined>;

/** Prepares a scenario's reference posteriors and records what the report draws of them. */
export async function scenarioReference(
  problem: Problem,
  { recorder, progress }: { recorder: ArrayRecorder } & Pick<RunContext, "progress">,
): Promise<ReferenceOf> {
  const reference = await referenceFor(problem), size = sizeOf(problem.survey.domain);
  return async ({ data, reference: given }, { key, n, place }) => {
    const posterior = given ? sampledReference(given, size) : await reference?.(data, { key, n });
    if (!posterior) return;
    const { exact, covariance, mean, convergence } = posterior;
    if (convergence && convergence.rHat >= CONVERGED) {
      const disagreement = `split R-hat is ${convergence.rHat.toFixed(3)}, it must be below ${CONVERGED}`;
      progress.say(`  ${place} has no reference posterior: its populations disagree (${disagreement})`);
      return;
    }
    if (exact) await recorder.array(`${place}/reference-covariance`, covariance, [mean.length, mean.length]);
    return posterior;
  };
}

/** The reference as the methods are judged, with the agreement of its populations. */
export function referenceEstimate({ mean, samples, convergence }: ReferencePosterior): Estimate {
  const { std } = meanAndStd(samples, mean.length);
  return { method: "reference", mean: Float32Array.from(mean), std, samples, diagnostics: convergence };
}
