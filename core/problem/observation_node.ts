import type { Scenario, Spec } from "../contracts/spec.ts";
import { once } from "../base/once.ts";
import { fold, type Key } from "../base/random.ts";
import { drawUnknowns, type Problem } from "../inference/simulate.ts";
import type { RunContext } from "../store/context.ts";
import type { Node } from "../store/graph.ts";
import { type GivenObservation, observationOf } from "./observations.ts";
import type { Problems } from "./problems.ts";

/** The problem of a scenario and its observations. Each part is made when a stage first needs it. */
export interface ScenarioProblem {
  readonly key: Key;
  readonly problem: () => Promise<Problem>;
  /** The node of observation `i`; nodes of one observation share their place in the cache alone. */
  readonly observe: (i: number) => Node<GivenObservation>;
  /** The key of observation `i`. */
  readonly keyOf: (i: number) => Key;
}

/** `reads` is what the observations depend on. */
export function scenarioProblem(
  spec: Spec,
  scenario: Scenario,
  { problems, reads, context }: {
    problems: Problems;
    reads: Readonly<Record<string, unknown>>;
    context: RunContext;
  },
): ScenarioProblem {
  const key = fold(fold(context.key, "scenario"), scenario.name), problem = () => problems.of(scenario);
  const unknowns = once(async () => drawUnknowns(await problem(), { key, n: spec.evaluation.observations }));
  const files = scenario === spec.scenarios[0] ? spec.evaluation.files : undefined;
  const observe = (i: number) => {
    const parts = { reads: { ...reads, i, files }, upstream: [problems.reference] };
    return context.graph.node("observe", parts, async () =>
      await observationOf(await problem(), {
        i,
        key,
        files,
        folder: context.specFolder,
        unknowns: files ? undefined : await unknowns(),
      }));
  };
  return { key, problem, observe, keyOf: (i) => fold(key, i) };
}
