import { z } from "zod";
import { CONVERGED } from "../inference/convergence.ts";
import { meanAndStd } from "../inference/evaluate.ts";
import { referenceFor, type ReferencePosterior, sampledReference } from "../inference/reference_posterior.ts";
import type { Problem } from "../inference/simulate.ts";
import { sizeOf } from "../base/shape.ts";
import { attempt } from "../metrics/mod.ts";
import { once } from "../base/once.ts";
import { fold, type Key } from "../base/random.ts";
import type { GivenObservation } from "../problem/observations.ts";
import type { RunContext } from "../store/context.ts";
import type { Node } from "../store/graph.ts";
import { arrayCollector, type ArrayRecorder } from "../store/recorder.ts";
import { type Estimate, type Exact, method } from "./method.ts";

/** Gives the reference posterior of an observation; or nothing, and why where the problem has one. */
type ReferenceOf = (
  observation: GivenObservation,
  options: { key: Key; n: number; place: string },
) => Promise<{ posterior?: ReferencePosterior; unreferenced?: string }>;

/** Prepares a scenario's reference posteriors and records what the report draws of them. */
async function scenarioReference(
  problem: Problem,
  { recorder, progress }: { recorder: ArrayRecorder } & Pick<RunContext, "progress">,
): Promise<ReferenceOf> {
  const reference = await attempt(() => referenceFor(problem)), size = sizeOf(problem.survey.domain);
  return async ({ data, reference: given }, { key, n, place }) => {
    const none = (unreferenced: string) => {
      progress.say(`  ${place} has no reference posterior: ${unreferenced}`);
      return { unreferenced: `There is no reference posterior: ${unreferenced}` };
    };
    const outcome = given
      ? { value: sampledReference(given, size) }
      : reference.reason === undefined
      ? await attempt(() => reference.value?.(data, { key, n }))
      : reference;
    if (outcome.reason !== undefined) return none(outcome.reason);
    const posterior = outcome.value;
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

/** The reference as the methods are judged, with the agreement of its populations. */
function referenceEstimate({ mean, samples, convergence }: ReferencePosterior): Estimate {
  const { std } = meanAndStd(samples, mean.length);
  return { method: "reference", mean: Float32Array.from(mean), std, samples, diagnostics: convergence };
}

/** Makes the nodes of a scenario's reference posteriors, of `n` samples each. */
export function exactNodes(
  n: number,
  { problem, context }: { problem: () => Promise<Problem>; context: RunContext },
): (observation: Node<GivenObservation>, options: { key: Key; place: string }) => Node<Exact> {
  const recorder = arrayCollector();
  const reference = once(async () =>
    await scenarioReference(await problem(), { recorder, progress: context.progress })
  );
  return (observation, { key, place }) =>
    context.graph.node("exact", { reads: { n }, upstream: [observation] }, async () => {
      const seen = await observation.get(), referenceOf = await reference();
      const exact = await referenceOf(seen, { key: fold(key, "reference"), n, place });
      return { ...exact, arrays: recorder.take() };
    });
}

/** The reference posterior as a method. */
export const reference = method({
  kind: "reference",
  about: "the exact posterior, or samples of it, where the problem has one",
  label: "reference posterior",
  color: "#228833",
  samples: true,
  schema: z.strictObject({}),
  build: () => ({
    estimate: ({ exact, context: { graph } }) =>
      graph.node("draw", { reads: { of: "reference" }, upstream: [exact] }, async () => {
        const { posterior } = await exact.get();
        return posterior && referenceEstimate(posterior);
      }),
  }),
});
