import type { Spec } from "../contracts/spec.ts";
import type { Key } from "../base/random.ts";
import type { Problem } from "../inference/simulate.ts";
import type { GivenObservation } from "../problem/observations.ts";
import type { RunContext } from "../store/context.ts";
import type { Node } from "../store/graph.ts";
import type { BaselineMethod, Estimate } from "./method.ts";

/** What a baseline says of one observation. */
export function baselineNode(
  { method, stage, reads, upstream, estimate }: BaselineMethod,
  { spec, observation, problem, key, context }: {
    spec: Spec;
    observation: Node<GivenObservation>;
    problem: () => Promise<Problem>;
    key: Key;
    context: RunContext;
  },
): Node<Estimate> {
  const parts = { reads: { method, reads, seed: spec.seed }, upstream: [observation, ...upstream] };
  return context.graph.node(
    stage,
    parts,
    async () => await estimate(await problem(), await observation.get(), key),
  );
}
