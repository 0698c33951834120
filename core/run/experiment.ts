import type { Resources } from "../contracts/cost.ts";
import type { Spec } from "../contracts/spec.ts";
import { type Engine, type EngineName, findEngine, openEngine } from "../engine/mod.ts";
import { rootKey } from "../base/random.ts";
import { learns, slugOf } from "../spec/mod.ts";
import { type AskedMethod, methodsOf } from "../methods/asked.ts";
import { arrayStore, CACHE_FOLDER, stageCache } from "../store/cache.ts";
import type { RunContext } from "../store/context.ts";
import { type GraphOptions, type Node, openGraph } from "../store/graph.ts";
import { inputDigests } from "../store/input_digests.ts";
import { type Learned, learned } from "../learning/learned.ts";
import { type ScenarioTask, scenarioTask } from "./observation_nodes.ts";
import { openProblems, type Problems } from "../problem/problems.ts";
import type { Progress } from "../base/progress.ts";
import type { Recorder } from "../store/recorder.ts";
import type { Registry } from "../registry/registry.ts";
import { openSurveys } from "../registry/build.ts";
import { scenarioNodes } from "./scenario_stage.ts";
import { simulation } from "../learning/simulation.ts";
import { sourceReader } from "../store/sources.ts";

/** What the composition root provides. Core must not contain it. */
export interface Composition {
  readonly registry: Registry;
  /** The project's root, and where plugins' sources are in it. */
  readonly sources: { readonly root: URL; readonly plugins: GraphOptions["plugins"] };
  /** Script of a worker that computes a flow's training gradients. */
  readonly gradientWorker: URL;
}

export interface OpenOptions extends Composition {
  /** Where relative paths in the spec start from, and the files that its options name. */
  readonly specFolder: string;
  readonly files: readonly string[];
  readonly engine: EngineName;
  readonly resources: Resources;
  readonly recorder: Recorder;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

/** A spec as the graph of its results. Making it computes and opens nothing. */
export interface Experiment {
  readonly spec: Spec;
  readonly engine: Engine;
  readonly inputs: Readonly<Record<string, string>>;
  readonly context: RunContext;
  readonly problems: Problems;
  readonly learned?: Learned;
  readonly methods: readonly AskedMethod[];
  readonly scenarios: readonly ScenarioTask[];
}

export async function experimentOf(spec: Spec, options: OpenOptions): Promise<Experiment> {
  const engine = await findEngine(options.engine), { files, specFolder } = options;
  const inputs = await inputDigests(files, specFolder),
    context = openContext(spec, { ...options, chosenEngine: engine, inputs });
  const problems = openProblems(spec, context);
  const learning = learns(spec)
    ? learned(spec, { simulation: simulation(spec, problems, context), problems }, context)
    : undefined;
  const methods = methodsOf({ spec, problems, learned: learning, context });
  const scenarios = spec.scenarios.map((scenario) =>
    scenarioTask(spec, scenario, {
      slug: slugOf(scenario.name),
      problems,
      learned: learning,
      methods,
      context,
    })
  );
  return { spec, engine, inputs, context, problems, learned: learning, methods, scenarios };
}

function openContext(
  spec: Spec,
  { chosenEngine, inputs, specFolder, ...options }: OpenOptions & {
    chosenEngine: Engine;
    inputs: Readonly<Record<string, string>>;
  },
): RunContext {
  const { registry, resources, recorder, progress, signal, gradientWorker, sources } = options;
  const cache = stageCache(CACHE_FOLDER, { experiment: spec.name, say: progress.say, signal });
  const graph = openGraph({
    cache,
    sourcesOf: sourceReader(sources.root),
    plugins: sources.plugins,
    engine: { tensors: chosenEngine.name, waves: chosenEngine.name === "webgpu" ? "webgpu" : "wasm" },
    inputs,
    signal,
  });
  let tensors: Promise<unknown> | undefined;
  const openTensors = async () => void await (tensors ??= openEngine(chosenEngine.name));
  const resolve = {
    registry,
    specFolder,
    resources,
    engine: chosenEngine.name,
    arraysOf: (operator: unknown) => arrayStore(cache, graph.identity("array", { reads: { operator } })),
  };
  return {
    ...resolve,
    cache,
    graph,
    surveys: openSurveys({ ...resolve, openTensors }),
    recorder,
    progress,
    signal,
    key: rootKey(spec.seed),
    openTensors,
    gradientWorker,
  };
}

/** The results of a run, by the stage under which its summary lists them. */
export function stagesOf(
  experiment: Experiment,
): { readonly name: string; readonly nodes: readonly Node[] }[] {
  const { spec, problems, learned, methods, scenarios } = experiment;
  const detects = learned && spec.evaluation.detection > 0;
  return [
    ...learned
      ? [
        { name: "simulate", nodes: [problems.reference, ...learned.simulation.shards] },
        { name: "train", nodes: [learned.trained] },
      ]
      : [{ name: "reference", nodes: [problems.reference] }],
    ...detects ? [{ name: "detection", nodes: [...learned.detectors.upstream, learned.detectors] }] : [],
    { name: "baselines", nodes: methods.flatMap(({ upstream = [] }) => upstream) },
    ...scenarios.map((task) => ({ name: task.scenario.name, nodes: scenarioNodes(task) })),
  ];
}

/** The results that a run must end with. If all of them are cached, the run computes nothing. */
export function targetsOf({ learned, scenarios }: Experiment): Node[] {
  return [...learned ? [learned.trained] : [], ...scenarios.flatMap(scenarioNodes)];
}
