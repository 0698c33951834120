import type { Observation, Problem } from "../inference/simulate.ts";
import type { Key } from "../base/random.ts";
import type { Node } from "../store/graph.ts";
import type { Estimate, Method, MethodContext } from "./method.ts";

/** A baseline: estimates an observation without the trained flow, or with the flow held fixed. */
interface Baseline {
  readonly kind: string;
  /** `fit` where a map of latents is fitted on the tensor engine. */
  readonly stage?: "baseline" | "fit";
  estimate(problem: Problem, observation: Observation, key: Key): Promise<Omit<Estimate, "method">>;
  /** What the estimates depend on in addition to the observation: options, and parts of the spec. */
  readonly reads: unknown;
  /** Results that they use. */
  readonly upstream?: readonly Node[];
}

/** A baseline as a method. Its estimates are stored, and computed again where the observation or `reads` differ. */
export function baseline(
  { kind, stage = "baseline", reads, upstream = [], estimate }: Baseline,
  { spec: { seed } }: Pick<MethodContext, "spec">,
): Method {
  return {
    upstream,
    estimate: ({ observation, problem, key, context }) =>
      context.graph.node(
        stage,
        { reads: { method: kind, reads, seed }, upstream: [observation, ...upstream] },
        async () => ({ method: kind, ...await estimate(await problem(), await observation.get(), key) }),
      ),
  };
}
