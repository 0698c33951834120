import type { Flow, Optimizer, Params } from "../contracts/flow.ts";
import type { Survey } from "../contracts/operator.ts";
import type { LearningSpec, Spec } from "../contracts/spec.ts";
import { flipsFit } from "../inference/batches.ts";
import { localGradient } from "../inference/gradient.ts";
import { fitStandardization, type Standardization } from "../inference/standardize.ts";
import { type Pairs, type Problem, signalRms, simulatePairs } from "../inference/simulate.ts";
import { MOST_ROLLBACKS } from "../inference/schedule.ts";
import { trainFlow, type TrainingEvent } from "../inference/train.ts";
import { dispose, parallelGradient } from "../engine/mod.ts";
import { fold, type Key } from "../random.ts";
import { decodeNpy, encodeNpy } from "../npy.ts";
import type { StageCache, StageFiles } from "./cache.ts";
import { trainingCheckpoints } from "./checkpoints.ts";
import { referenceDraws } from "./effort.ts";
import { decodeWeights, encodeFlow, WEIGHTS } from "./flow_file.ts";
import { gaussianService } from "./gaussian.ts";
import type { Progress } from "./progress.ts";
import { buildPrior, buildProblem, type ResolveContext, type TrainingReference } from "./resolve.ts";
import type { Recorder } from "./recorder.ts";

/** What every stage of a run shares. */
export interface RunContext extends ResolveContext {
  readonly cache: StageCache;
  readonly recorder: Recorder;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
  readonly key: Key;
  /** Digests of the files that the spec reads, part of every stage's identity. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Script of a worker that computes a flow's training gradients. */
  readonly gradientWorker: URL;
}

export interface Simulated {
  readonly pairs: Pairs;
  readonly problem: Problem;
  readonly reference: TrainingReference;
  readonly cached: boolean;
}

/** What the simulate stage depends on. */
function simulateInputs(spec: LearningSpec, context: RunContext): unknown {
  const { prior, operator, noise, summary, seed } = spec;
  return { prior, operator, noise, summary, seed, pairs: spec.training.pairs, files: context.inputs };
}

/** The nominal problem, and what other scenarios' noise levels and summaries refer to. */
export type Nominal = Pick<Simulated, "problem" | "reference">;

/** The nominal problem, without any training. */
export async function nominalStage(spec: Spec, survey: Survey, context: RunContext): Promise<Nominal> {
  return await nominalProblem(spec, {
    survey,
    context,
    signalRms: await referenceRms(spec, { survey, context }),
  });
}

async function nominalProblem(
  spec: Spec,
  { survey, context, signalRms }: { survey: Survey; context: RunContext; signalRms: number },
): Promise<Nominal> {
  const receivers = survey.shotRange.shape[0], gaussian = gaussianService(spec, { survey, context });
  const reference = { signalRms, receivers, gaussian };
  const problem = await buildProblem(spec, { scenario: spec, survey, reference, context });
  return { problem, reference: { ...reference, sigma: problem.noise.sigma } };
}

/** Training pairs of the nominal problem, from the cache where they are there. */
export async function simulateStage(
  spec: LearningSpec,
  survey: Survey,
  context: RunContext,
): Promise<Simulated> {
  const inputs = simulateInputs(spec, context);
  const found = await context.cache.load("simulate", inputs);
  const rms = found
    ? Number(new TextDecoder().decode(found["signal-rms"]))
    : await referenceRms(spec, { survey, context });
  const { problem, reference } = await nominalProblem(spec, { survey, context, signalRms: rms });
  if (found) {
    const [x, signal, noise] = ["x.npy", "signal.npy", "noise.npy"].map((name) => decodeNpy(found[name]));
    const pairs = { n: spec.training.pairs, x: f32(x), signal: f32(signal), noise: f32(noise) };
    return { pairs, problem, reference, cached: true };
  }
  const n = spec.training.pairs;
  const pairs = await simulatePairs(problem, {
    key: simulateKey(context),
    n,
    signal: context.signal,
    progress: (done) => context.progress.update("simulate pairs", { done, total: n }),
  });
  const encode = (a: Float32Array) => encodeNpy(a, [n, a.length / n]);
  await context.cache.store("simulate", inputs, {
    "signal-rms": new TextEncoder().encode(String(rms)),
    "x.npy": encode(pairs.x),
    "signal.npy": encode(pairs.signal),
    "noise.npy": encode(pairs.noise),
  });
  return { pairs, problem, reference, cached: false };
}

function f32({ data }: ReturnType<typeof decodeNpy>): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

function simulateKey({ key }: RunContext): Key {
  return fold(key, "simulate");
}

async function referenceRms(
  spec: Spec,
  { survey, context }: { survey: Survey; context: RunContext },
): Promise<number> {
  const prior = await buildPrior(spec, survey, context);
  return await signalRms(survey, await prior.sample(fold(simulateKey(context), "x"), referenceDraws(spec)));
}

export interface Trained {
  readonly params: Params;
  readonly cached: boolean;
}

/** Statistics that map the nominal problem's pairs to the flow's coordinates. */
export function standardizationOf({ pairs, problem }: Simulated): Standardization {
  const y = pairs.signal.map((v, i) => v + pairs.noise[i]);
  const { survey, summary, prior: { bounds } } = problem;
  const spaces = { x: survey.domain, y: summary.space, mask: survey.mask, bounds };
  return fitStandardization({ x: pairs.x, y }, spaces);
}

/** The trained flow: from the cache, continued from an interrupted training, or trained from the start. */
export async function trainStage(
  spec: LearningSpec,
  { simulated, standardization, flow, optimizer, context }: {
    simulated: Simulated;
    standardization: Standardization;
    flow: Flow;
    optimizer: Optimizer;
    context: RunContext;
  },
): Promise<Trained> {
  const { cache, recorder, progress, engine } = context;
  if (!flipsFit(standardization, spec.training.flips)) {
    throw new Error("training.flips has lateral, which mirrors images: the unknown here is a vector.");
  }
  const inputs = {
    simulate: simulateInputs(spec, context),
    flow: spec.flow,
    training: spec.training,
    engine,
  };
  const found = await cache.load("train", inputs);
  if (found) {
    await recordFlow(recorder, found);
    return { params: decodeWeights(found[WEIGHTS]).params, cached: true };
  }
  const checkpoints = trainingCheckpoints(cache, inputs);
  const resume = await checkpoints.load();
  if (resume) progress.say(`  training continues at epoch ${resume.epoch + 1} of ${spec.training.epochs}`);
  const gradients = openGradients(spec, { flow, standardization, context });
  const params = await trainFlow({
    flow,
    lossAndGradient: gradients.lossAndGradient,
    optimizer,
    standardization,
    pairs: simulated.pairs,
    settings: spec.training,
  }, {
    key: fold(context.key, "train"),
    resume,
    signal: context.signal,
    progress: trainingProgress(context),
    checkpoint: checkpoints.store,
  }).finally(gradients.close);
  const files = await encodeFlow(spec.flow, { flow, params, standardization });
  await cache.store("train", inputs, files);
  await checkpoints.remove();
  await recordFlow(recorder, files);
  return { params, cached: false };
}

/** `flow/` of the run folder: what `loadFlow` reads. */
async function recordFlow(recorder: Recorder, files: StageFiles): Promise<void> {
  for (const [name, content] of Object.entries(files)) await recorder.file(`flow/${name}`, content);
}

const STAGES = { step: "train", epoch: "validate", rollback: "rollback" } as const;

/** Records each event of a training, and says how far it is. */
function trainingProgress({ recorder, progress }: RunContext): (event: TrainingEvent) => void {
  const started = performance.now();
  let validation = "";
  return (event) => {
    const seconds = (performance.now() - started) / 1000;
    const { kind, ...numbers } = event;
    recorder.event({ stage: STAGES[kind], ...numbers, seconds });
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

/** Gradients from several workers on the wasm engine, which has one thread each; else from this thread. */
function openGradients(
  spec: LearningSpec,
  { flow, standardization, context }: { flow: Flow; standardization: Standardization; context: RunContext },
) {
  const { engine, resources: { workers }, gradientWorker: script } = context;
  if (engine !== "wasm" || workers < 2) {
    return { lossAndGradient: localGradient(flow, standardization), close: () => {} };
  }
  return parallelGradient({ flow: spec.flow, shapes: flow.shapes, workers, script });
}

/** Frees a trained flow's weights. */
export function release(trained: Trained): void {
  dispose(trained.params);
}
