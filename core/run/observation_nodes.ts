import type { Scenario, Spec } from "../contracts/spec.ts";
import { canonicalJson } from "../base/files.ts";
import { type Evaluations, evaluationsOf, type Judged } from "../judge/evaluated.ts";
import { arraysOf, shownNode } from "../judge/observation_record.ts";
import { togetherNode } from "../learning/detection_nodes.ts";
import type { Learned } from "../learning/learned.ts";
import { gaussianReads } from "../learning/simulation.ts";
import type { AskedMethod } from "../methods/asked.ts";
import { type LearnedNodes, learnedNodes } from "../methods/learned_nodes.ts";
import { exactNodes } from "../methods/reference.ts";
import type { Figures } from "../metrics/mod.ts";
import { type ScenarioProblem, scenarioProblem } from "../problem/observation_node.ts";
import type { Problems } from "../problem/problems.ts";
import { corrects } from "../spec/learning.ts";
import type { RunContext } from "../store/context.ts";
import type { Node } from "../store/graph.ts";
import type { RecordedArrays } from "../store/recorder.ts";

/** A scenario and what its stages share. */
export interface ScenarioTask extends ScenarioProblem {
  readonly spec: Spec;
  readonly scenario: Scenario;
  readonly slug: string;
  readonly problems: Problems;
  readonly learned?: Learned;
  readonly methods: readonly AskedMethod[];
  readonly context: RunContext;
  /** What its observations depend on. */
  readonly reads: Readonly<Record<string, unknown>>;
  readonly exact: ReturnType<typeof exactNodes>;
  readonly evaluations: Evaluations;
  /** How unlike training data all its observations are together; absent where they are too few to tell. */
  readonly together?: Node<Figures>;
}

/** Everything that a run finds out about one observation; every part is kept by itself. */
export interface ObservationNodes {
  /** Arrays of the observation itself. */
  readonly shown: readonly Node<RecordedArrays>[];
  /**
   * The results of each method, in the order in which the methods are judged. Undefined if a method gives no
   * estimate.
   */
  readonly judged: readonly (readonly [method: string, judged: Node<Judged | undefined>])[];
  /** The correction after some of its passes: the metrics of a trade-off. */
  readonly passes: readonly { readonly pass: number; readonly row: Node<Figures["values"] | undefined> }[];
  readonly learned?: LearnedNodes;
}

export function scenarioTask(
  spec: Spec,
  scenario: Scenario,
  shared: Pick<ScenarioTask, "slug" | "problems" | "learned" | "methods" | "context">,
): ScenarioTask {
  const { context, problems, learned } = shared, { prior, operator, noise, summary, seed, evaluation } = spec;
  const nominal = { prior, operator, noise };
  const reads = { scenario, nominal, summary, seed, ...gaussianReads(spec, context.registry) };
  const seen = { ...scenarioProblem(spec, scenario, { problems, reads, context }), context };
  return {
    spec,
    scenario,
    ...shared,
    reads,
    ...seen,
    exact: exactNodes(evaluation.samples, seen),
    evaluations: evaluationsOf(spec, seen),
    together: learned && togetherNode(evaluation.observations, { ...seen, detectors: learned.detectors }),
  };
}

/** The nodes of observation `i`. */
export function observationNodes(task: ScenarioTask, i: number): ObservationNodes {
  const { spec, slug, context, methods, evaluations } = task;
  const key = task.keyOf(i), place = `${slug}/${i}`, observation = task.observe(i);
  const exact = task.exact(observation, { key, place }), at = { observation, exact, key, place };
  const learned = task.learned && learnedNodes({
    ...task,
    learned: task.learned,
    observation,
    key,
    changed: changedParts(task),
    event: (event) => context.recorder.event({ stage: "correct", ...aboutObservation(task, i), ...event }),
  });
  const last = corrects(spec) ? "corrected" : "amortized";
  const predicting = task.learned ? last : spec.evaluation.baselines.at(-1)?.kind;
  const judged = methods.flatMap(({ kind: method, estimate }) => {
    const node = estimate({ ...task, observation, key, exact, posteriors: learned });
    if (!node) return [];
    const predicts = method === predicting;
    return [[method, evaluations.method({ method, estimate: node, predicts }, at)] as const];
  });
  const passes = (learned?.passes ?? []).map(({ pass, estimate }) => ({
    pass,
    row: evaluations.pass({ pass, estimate, fit: learned!.fit }, at),
  }));
  const shown = [shownNode(observation, { ...task, place }), arraysOf(exact, context)];
  return { shown, judged, passes, learned };
}

/** The fields of an event that say which scenario and observation it belongs to. */
export function aboutObservation({ scenario }: ScenarioTask, i: number) {
  return { scenario: scenario.name, observation: i };
}

/** Declared parts of a scenario that are not those of training. */
function changedParts({ spec, scenario }: ScenarioTask): ("operator" | "noise")[] {
  return (["operator", "noise"] as const).filter((part) =>
    canonicalJson(scenario[part]) !== canonicalJson(spec[part])
  );
}
