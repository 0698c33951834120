import type { Scenario, Spec } from "../contracts/spec.ts";
import { FEWEST_TOGETHER } from "../inference/detect.ts";
import { drawUnknowns, type Observation, type Problem } from "../inference/simulate.ts";
import type { BaselineMethod, Estimate } from "../methods/method.ts";
import { corrects } from "../spec/learning.ts";
import { isImage } from "../inference/standardize.ts";
import type { ReferencePosterior } from "../inference/reference.ts";
import { attempt, type Figures, figuresOf } from "../metrics/mod.ts";
import { fold, type Key } from "../base/random.ts";
import type { RunContext } from "../store/context.ts";
import { togetherPValue } from "../learning/detection.ts";
import { canonicalJson } from "../base/files.ts";
import type { Node } from "../store/graph.ts";
import { type Judge, scenarioJudge, unjudged } from "../judge/judge.ts";
import type { Learned } from "../learning/learned.ts";
import { type LearnedNodes, learnedNodes } from "../methods/learned.ts";
import { recordMethod, recordObservation } from "./observation_record.ts";
import { type GivenObservation, observationOf } from "../problem/observations.ts";
import type { Problems } from "../problem/problems.ts";
import { arrayCollector, type RecordedArrays } from "../store/recorder.ts";
import { referenceEstimate, type ReferenceOf, scenarioReference } from "../methods/reference.ts";
import { gaussianReads } from "../learning/simulation.ts";
import { TRADEOFF_METRICS } from "../judge/tradeoff.ts";

/** A scenario, and what its stages share. Each part is made when a stage first uses it. */
export interface ScenarioTask {
  readonly spec: Spec;
  readonly scenario: Scenario;
  readonly slug: string;
  readonly key: Key;
  readonly problems: Problems;
  readonly learned?: Learned;
  readonly baselines: readonly BaselineMethod[];
  readonly context: RunContext;
  /** What its observations depend on. */
  readonly reads: Readonly<Record<string, unknown>>;
  readonly problem: () => Promise<Problem>;
  readonly unknowns: () => Promise<Float32Array>;
  /** Gives reference posteriors, with what they record. */
  readonly exact: () => Promise<(...about: Parameters<ReferenceOf>) => Promise<Exact>>;
  readonly judge: () => Promise<Judge>;
  /** Judges by the metrics of a trade-off alone. */
  readonly glance: () => Promise<Judge>;
  /** The test of all observations together against the training data. Absent if they are too few. */
  readonly together?: Node<Figures>;
}

/** A scenario without the test of all its observations together. */
type Apart = Omit<ScenarioTask, "together">;

/** A method's metrics, why some are absent, and its arrays in the report. */
export interface Judged {
  readonly figures: Figures;
  readonly arrays: RecordedArrays;
}

/** All results for one observation. Each is stored separately. */
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

/** The reference posterior of an observation, if it can be computed. */
interface Exact {
  readonly posterior?: ReferencePosterior;
  readonly unreferenced?: string;
  readonly arrays: RecordedArrays;
}

export function scenarioTask(
  spec: Spec,
  scenario: Scenario,
  shared: Pick<ScenarioTask, "slug" | "problems" | "learned" | "baselines" | "context">,
): ScenarioTask {
  const { context, problems } = shared, { prior, operator, noise, summary, seed, evaluation } = spec;
  const key = fold(fold(context.key, "scenario"), scenario.name);
  const problem = () => problems.of(scenario);
  const unknowns = once(async () => drawUnknowns(await problem(), { key, n: evaluation.observations }));
  const exact = once(async () => {
    const recorder = arrayCollector();
    const referenceOf = await scenarioReference(await problem(), { recorder, progress: context.progress });
    return async (...about: Parameters<ReferenceOf>) => {
      return { ...await referenceOf(...about), arrays: recorder.take() };
    };
  });
  const judge = once(async () =>
    scenarioJudge(await problem(), { settings: evaluation, key: fold(key, "judge") })
  );
  const glance = once(async () =>
    scenarioJudge(await problem(), {
      settings: { ...evaluation, metrics: TRADEOFF_METRICS },
      key: fold(key, "judge"),
    })
  );
  const nominal = { prior, operator, noise };
  const reads = { scenario, nominal, summary, seed, ...gaussianReads(spec, context.registry) };
  const task = { spec, scenario, key, ...shared, reads, problem, unknowns, exact, judge, glance };
  return { ...task, together: togetherNode(task) };
}

/** The nodes of observation `i`. */
export function observationNodes(task: ScenarioTask, i: number): ObservationNodes {
  const { spec, slug, context: { graph }, problem, baselines } = task,
    { samples: n, metrics } = spec.evaluation;
  const key = fold(task.key, i), place = `${slug}/${i}`, observation = observationNode(task, i);
  const exact = graph.node<Exact>("exact", { reads: { n }, upstream: [observation] }, async () => {
    const seen = await observation.get(), exactOf = await task.exact();
    return await exactOf(seen, { key: fold(key, "reference"), n, place });
  });
  const shown = graph.node("show", { upstream: [observation] }, async () => {
    const recorder = arrayCollector(),
      about = { observation: await observation.get(), problem: await problem() };
    await recordObservation(recorder, place, about);
    return recorder.take();
  });
  const learned = task.learned && learnedNodes({
    ...task,
    learned: task.learned,
    observation,
    key,
    changed: changedParts(task),
    event: (event) =>
      task.context.recorder.event({ stage: "correct", ...aboutObservation(task, i), ...event }),
  });
  const last = corrects(spec) ? "corrected" : "amortized";
  const predicting = task.learned ? last : spec.evaluation.baselines.at(-1);
  const judgedNode = (method: string, estimate: Node<Estimate | undefined>) => {
    const predicts = method === predicting;
    const parts = { reads: { method, metrics, predicts }, upstream: [estimate, observation, exact] };
    return [
      method,
      graph.node("evaluate", parts, async () => {
        const { value: found, reason } = { value: undefined, ...await attempt(() => estimate.get()) };
        const recorder = arrayCollector();
        if (reason !== undefined) {
          return { figures: unjudged(spec.evaluation, reason), arrays: recorder.take() };
        }
        if (!found) return;
        const seen = await observation.get(), { survey } = await problem();
        const { posterior: reference, unreferenced } = await exact.get();
        const options = { reference, unreferenced, key: fold(key, "judge") };
        const figures = await (await task.judge())(found, seen, options);
        await recordMethod(recorder, place, { estimate: found, observation: seen, survey, predicts });
        return { figures, arrays: recorder.take() };
      }),
    ] as const;
  };
  const estimates = [
    ["migration", migrationNode(task, observation)] as const,
    ...baselines.map((baseline) =>
      [baseline.method, baselineNode(task, { baseline, observation, key })] as const
    ),
    ["reference", referenceNode(task, exact)] as const,
    ...learned?.estimates ?? [],
  ];
  const judged = estimates.map(([method, estimate]) => judgedNode(method, estimate));
  const passes = (learned?.passes ?? []).map(({ pass, estimate }) => {
    const parts = { reads: { metrics: TRADEOFF_METRICS }, upstream: [estimate, observation, exact] };
    const row = graph.node("evaluate", parts, async () => {
      const { snapshots } = await learned!.fit.get();
      if (!snapshots.some((snapshot) => snapshot.pass === pass)) return; // the fit ended before
      const { posterior } = await exact.get(), options = { reference: posterior, key: fold(key, "judge") };
      return (await (await task.glance())(await estimate.get(), await observation.get(), options)).values;
    });
    return { pass, row };
  });
  return { shown: [shown, arraysOf(task, exact)], judged, passes, learned };
}

/** The fields of an event that say which scenario and observation it belongs to. */
export function aboutObservation({ scenario }: ScenarioTask, i: number) {
  return { scenario: scenario.name, observation: i };
}

function observationNode(task: Apart, i: number): Node<GivenObservation> {
  const { spec, scenario, key, problems, reads, context } = task;
  const files = scenario === spec.scenarios[0] ? spec.evaluation.files : undefined;
  const parts = { reads: { ...reads, i, files }, upstream: [problems.reference] };
  return context.graph.node("observe", parts, async () =>
    await observationOf(await task.problem(), {
      i,
      key,
      files,
      folder: context.specFolder,
      unknowns: files ? undefined : await task.unknowns(),
    }));
}

function togetherNode(task: Apart): Node<Figures> | undefined {
  const { spec: { evaluation: { observations: n } }, learned, context, key } = task;
  if (!learned || n < FEWEST_TOGETHER) return;
  const all = Array.from({ length: n }, (_, i) => observationNode(task, i));
  const parts = { reads: { together: n }, upstream: [...all, learned.detectors] };
  return context.graph.node("detect", parts, async () => {
    const summaries: Float32Array[] = [];
    // Nodes of their own: those above would hold all data at once.
    for (let i = 0; i < n; i++) summaries.push((await observationNode(task, i).get()).summary);
    const { summary } = await learned.detectors.get();
    return await figuresOf(["together"], () => ({
      together: togetherPValue(summary, summaries, fold(key, "together")),
    }));
  });
}

/** Arrays that are kept with a larger result. */
function arraysOf({ context }: ScenarioTask, exact: Node<Exact>): Node<RecordedArrays> {
  return context.graph.node(
    "show",
    { reads: { of: "exact" }, upstream: [exact] },
    async () => (await exact.get()).arrays,
  );
}

function baselineNode(
  { spec, context, problem }: ScenarioTask,
  { baseline: { method, stage, reads, upstream, estimate }, observation, key }: {
    baseline: BaselineMethod;
    observation: Node<GivenObservation>;
    key: Key;
  },
): Node<Estimate> {
  const parts = { reads: { method, reads, seed: spec.seed }, upstream: [observation, ...upstream] };
  return context.graph.node(
    stage,
    parts,
    async () => await estimate(await problem(), await observation.get(), key),
  );
}

function referenceNode({ context }: ScenarioTask, exact: Node<Exact>): Node<Estimate | undefined> {
  return context.graph.node("draw", { reads: { of: "reference" }, upstream: [exact] }, async () => {
    const { posterior } = await exact.get();
    return posterior && referenceEstimate(posterior);
  });
}

/** The migrated image, where the summary is one. */
function migrationNode(
  { context, problem }: ScenarioTask,
  observation: Node<Observation>,
): Node<Estimate | undefined> {
  return context.graph.node("draw", { reads: { of: "migration" }, upstream: [observation] }, async () => {
    if (!isImage((await problem()).summary.space)) return;
    return { method: "migration", mean: scaledMigration(await observation.get()) };
  });
}

/**
 * A migrated image has no physical amplitude. It is scaled to fit the truth best, so that its SNR measures only the
 * shape.
 */
function scaledMigration({ summary, truth }: Observation): Float32Array {
  let along = 0, norm = 0;
  summary.forEach((v, i) => {
    along += v * truth[i];
    norm += v * v;
  });
  return summary.map((v) => norm > 0 ? v * along / norm : 0);
}

/** Parts of a scenario that are declared to differ from those of training. */
function changedParts({ spec, scenario }: ScenarioTask): ("operator" | "noise")[] {
  return (["operator", "noise"] as const).filter((part) =>
    canonicalJson(scenario[part]) !== canonicalJson(spec[part])
  );
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => made ??= make();
}
