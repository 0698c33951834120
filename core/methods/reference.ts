import { CONVERGED } from "../inference/convergence.ts";
import { meanAndStd } from "../inference/evaluate.ts";
import { referenceFor, type ReferencePosterior, sampledReference } from "../inference/reference.ts";
import type { Problem } from "../inference/simulate.ts";
import { sizeOf } from "../linalg/mod.ts";
import { attempt } from "../metrics/mod.ts";
import type { Key } from "../base/random.ts";
import type { GivenObservation } from "../problem/observations.ts";
import type { RunContext } from "../store/context.ts";
import type { ArrayRecorder } from "../store/recorder.ts";
import type { Estimate } from "./method.ts";

/**
 * Computes the reference posterior of an observation. Returns nothing if the problem has none, and the reason if it
 * should have one.
 */
export type ReferenceOf = (
  observation: GivenObservation,
  options: { key: Key; n: number; place: string },
) => Promise<{ posterior?: ReferencePosterior; unreferenced?: string }>;

/** Prepares the reference posteriors of a scenario. Also records the arrays that the report draws. */
export async function scenarioReference(
  problem: Problem,
  { recorder, progress }: { recorder: ArrayRecorder } & Pick<RunContext, "progress">,
): Promise<ReferenceOf> {
  const reference = await attempt(() => referenceFor(problem)), size = sizeOf(problem.survey.domain);
  return async ({ data, reference: given }, { key, n, place }) => {
    const none = (unreferenced: string) => {
      progress.say(`  ${place} has no reference posterior: ${unreferenced}`);
      return { unreferenced: `There is no reference posterior: ${unreferenced}` };
    };
    const found = given
      ? { value: sampledReference(given, size) }
      : reference.reason === undefined
      ? await attempt(() => reference.value?.(data, { key, n }))
      : reference;
    if (found.reason !== undefined) return none(found.reason);
    const posterior = found.value;
    if (!posterior) return {};
    const { exact, covariance, mean, convergence } = posterior;
    if (convergence && !(convergence.rHat < CONVERGED)) {
      const disagreement = `split R-hat is ${convergence.rHat.toFixed(3)}, it must be below ${CONVERGED}`;
      return none(`its populations disagree (${disagreement})`);
    }
    if (exact) await recorder.array(`${place}/reference-covariance`, covariance, [mean.length, mean.length]);
    return { posterior };
  };
}

/** The reference as an estimate that is judged like a method. Its diagnostics say how well its populations agree. */
export function referenceEstimate({ mean, samples, convergence }: ReferencePosterior): Estimate {
  const { std } = meanAndStd(samples, mean.length);
  return { method: "reference", mean: Float32Array.from(mean), std, samples, diagnostics: convergence };
}
