import type { Flow, Params } from "../contracts/flow.ts";
import type { LearningSpec } from "../contracts/spec.ts";
import { localGradient } from "../inference/gradient.ts";
import { parallelGradient } from "../inference/parallel_gradient.ts";
import { fitStandardization, flowShapes, type Standardization } from "../inference/standardize.ts";
import type { Pairs, Problem } from "../inference/simulate.ts";
import { MOST_ROLLBACKS } from "../inference/schedule.ts";
import { trainFlow, type TrainingEvent } from "../inference/train.ts";
import { dispose } from "../engine/mod.ts";
import { fold } from "../base/random.ts";
import type { StageFiles } from "../store/cache.ts";
import { trainingCheckpoints } from "./checkpoints.ts";
import type { RunContext } from "../store/context.ts";
import { encodeFlow } from "./flow_file.ts";
import type { Node } from "../store/graph.ts";
import type { Problems } from "../problem/problems.ts";
import type { Recorder } from "../store/recorder.ts";
import { buildLearners } from "../registry/build.ts";
import type { Simulation } from "./simulation.ts";

/** A trained flow as it is stored: its files, and the recorded events of its training. */
export interface Trained {
  readonly files: StageFiles;
  readonly events: readonly RecordedEvent[];
}

type RecordedEvent = Readonly<Record<string, unknown>>;

/** Seconds between checkpoints within an epoch. */
const CHECKPOINT_SECONDS = 60;

/** Trains the flow. Continues an interrupted training if there is one. */
export function training(
  spec: LearningSpec,
  { simulation, problems }: { simulation: Simulation; problems: Problems },
  context: RunContext,
): Node<Trained> {
  const { flow, training, seed } = spec, { pairs } = simulation;
  const parts = {
    reads: { flow, training, seed },
    upstream: [pairs],
    stored: ({ address }: Node) => trainingCheckpoints(context.cache, address).remove(),
  };
  return context.graph.node("train", parts, async (node) => {
    const { problem } = await problems.nominal();
    return await train(spec, { pairs: await pairs.get(), problem, node, context });
  });
}

/** Statistics that map the nominal problem's pairs to the flow's coordinates. */
function standardizationOf(pairs: Pairs, { survey, summary, prior: { bounds } }: Problem): Standardization {
  const y = pairs.signal.map((v, i) => v + pairs.noise[i]);
  const spaces = { x: survey.domain, y: summary.space, mask: survey.mask, bounds };
  return fitStandardization({ x: pairs.x, y }, spaces);
}

async function train(
  spec: LearningSpec,
  { pairs, problem, node, context }: { pairs: Pairs; problem: Problem; node: Node; context: RunContext },
): Promise<Trained> {
  const standardization = standardizationOf(pairs, problem), shapes = flowShapes(standardization);
  await context.openTensors();
  const { flow, optimizer } = await buildLearners(spec, { registry: context.registry, shapes });
  const checkpoints = trainingCheckpoints<RecordedEvent>(context.cache, node.address);
  const checkpoint = await checkpoints.load(), events = [...checkpoint?.events ?? []];
  recordTraining(context.recorder, { events });
  if (checkpoint) {
    context.progress.say(
      `  training continues at epoch ${checkpoint.state.epoch + 1} of ${spec.training.epochs}` +
        (checkpoint.state.within ? `, step ${checkpoint.state.within.step + 1}` : ""),
    );
  }
  const params = await fit({ pairs, standardization, flow, optimizer, settings: spec.training }, {
    spec,
    resume: checkpoint?.state,
    context,
    record: (event) => {
      events.push(event);
      context.recorder.event(event);
    },
    checkpoint: (state) => checkpoints.store({ state, events }),
  });
  const files = await encodeFlow(spec.flow, { flow, params, standardization });
  dispose(params);
  return { files, events };
}

type Fit = Omit<Parameters<typeof trainFlow>[0], "lossAndGradient">;
type FitOptions = Pick<Parameters<typeof trainFlow>[1], "resume" | "checkpoint"> & {
  spec: LearningSpec;
  context: RunContext;
  record: (event: RecordedEvent) => void;
};

async function fit(problem: Fit, { spec, context, record, resume, checkpoint }: FitOptions): Promise<Params> {
  const gradients = openGradients(spec, { ...problem, context });
  let last = performance.now();
  return await trainFlow({ ...problem, lossAndGradient: gradients.lossAndGradient }, {
    key: fold(context.key, "train"),
    resume,
    signal: context.signal,
    progress: trainingProgress(context, record),
    due: () => performance.now() - last > 1000 * CHECKPOINT_SECONDS,
    checkpoint: async (state) => {
      await checkpoint?.(state);
      last = performance.now();
    },
  }).finally(gradients.close);
}

/** `flow/` of the run folder, which `loadFlow` reads. */
export async function recordFlow(recorder: Recorder, { files }: Pick<Trained, "files">): Promise<void> {
  for (const [name, content] of Object.entries(files)) await recorder.file(`flow/${name}`, content);
}

/** Records the events of a training that is already in the cache. */
export function recordTraining(recorder: Recorder, { events }: Pick<Trained, "events">): void {
  for (const event of events) recorder.event({ ...event, cached: true });
}

const STAGES = { step: "train", epoch: "validate", rollback: "rollback" } as const;

/** Records each event of a training and shows its progress. */
function trainingProgress(
  { progress }: RunContext,
  record: (event: RecordedEvent) => void,
): (event: TrainingEvent) => void {
  const started = performance.now();
  let validation = "";
  return (event) => {
    const seconds = (performance.now() - started) / 1000;
    const { kind, ...numbers } = event;
    record({ stage: STAGES[kind], ...numbers, seconds });
    if (event.kind === "epoch") validation = `, validation ${event.loss.toFixed(3)}`;
    else if (event.kind === "step") {
      const detail = `loss ${event.loss.toFixed(3)}${validation} nats/dim`;
      progress.update("train flow", { done: event.step, total: event.steps, unit: "step", detail });
    } else {
      progress.say(
        `  training diverged at step ${event.step}, loss ${
          event.loss.toPrecision(3)
        }: back to step ${event.from} ` +
          `at half the rate (rollback ${event.rollbacks} of ${MOST_ROLLBACKS})`,
      );
    }
  };
}

/**
 * Computes gradients by several workers on the wasm engine, which has one thread per worker. On other engines this
 * thread computes them.
 */
function openGradients(
  spec: LearningSpec,
  { flow, standardization, context }: {
    flow: Flow;
    standardization: Standardization;
    context: RunContext;
  },
) {
  const { engine, resources: { workers }, gradientWorker: script } = context;
  if (engine !== "wasm" || workers < 2) {
    return { lossAndGradient: localGradient(flow, standardization), close: () => {} };
  }
  return parallelGradient({ flow: spec.flow, shapes: flow.shapes, workers, script });
}
