import type { Flow, Optimizer, Params } from "../contracts/flow.ts";
import type { Survey } from "../contracts/operator.ts";
import type { LearningSpec, Spec } from "../contracts/spec.ts";
import { flipsFit } from "../inference/batches.ts";
import { localGradient } from "../inference/gradient.ts";
import { fitStandardization, type Standardization } from "../inference/standardize.ts";
import { type Pairs, type Problem, signalRms, simulatePairs } from "../inference/simulate.ts";
import { trainFlow, type TrainingState } from "../inference/train.ts";
import { dispose, parallelGradient } from "../engine/mod.ts";
import { fold, type Key } from "../random.ts";
import { decodeNpy, encodeNpy } from "../npy.ts";
import type { StageCache } from "./cache.ts";
import { referenceDraws } from "./effort.ts";
import type { Progress } from "./progress.ts";
import { buildPrior, buildProblem, type ResolveContext, type TrainingReference } from "./resolve.ts";
import type { Recorder } from "./recorder.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

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
  const receivers = survey.shotRange.shape[0], reference = { signalRms, receivers };
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
  const { survey, summary } = problem;
  return fitStandardization({ x: pairs.x, y }, { x: survey.domain, y: summary.space, mask: survey.mask });
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
  if (found) return { params: decodeSafetensors(found["weights.safetensors"]).params, cached: true };
  const checkpoints = trainingCheckpoints(cache, inputs);
  const resume = await checkpoints.load();
  if (resume) progress.say(`  training continues at epoch ${resume.epoch + 1} of ${spec.training.epochs}`);
  const started = performance.now();
  let validation = "";
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
    progress(event) {
      const seconds = (performance.now() - started) / 1000;
      const { kind, ...numbers } = event;
      recorder.event({ stage: kind === "step" ? "train" : "validate", ...numbers, seconds });
      if (kind === "epoch") validation = `, validation ${event.loss.toFixed(3)}`;
      else {
        const detail = `loss ${event.loss.toFixed(3)}${validation} nats/dim`;
        progress.update("train flow", { done: event.step, total: event.steps, detail });
      }
    },
    checkpoint: checkpoints.store,
  }).finally(gradients.close);
  await cache.store("train", inputs, { "weights.safetensors": await encodeSafetensors(params, {}) });
  await checkpoints.remove();
  return { params, cached: false };
}

/**
 * The states of an unfinished training. Two slots take turns: a kill while one is written, when its file and its
 * manifest disagree, leaves the other, one epoch older.
 */
function trainingCheckpoints(cache: StageCache, inputs: unknown) {
  const slots = [0, 1].map((slot) => ({ inputs, slot }));
  return {
    async load(): Promise<TrainingState | undefined> {
      const found = await Promise.all(slots.map((slot) => cache.load("train-partial", slot)));
      const states = found.flatMap((files) => files ? [decodeState(files["state.safetensors"])] : []);
      const latest = states.sort((a, b) => b.epoch - a.epoch)[0];
      for (const state of states) if (state !== latest) PARTS.forEach((part) => dispose(state[part]));
      return latest;
    },
    async store(state: TrainingState): Promise<void> {
      await cache.store("train-partial", slots[state.epoch % 2], {
        "state.safetensors": await encodeState(state),
      });
    },
    async remove(): Promise<void> {
      for (const slot of slots) await cache.remove("train-partial", slot);
    },
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

const PARTS = ["params", "optimizer", "average", "best"] as const;

async function encodeState(state: TrainingState): Promise<Uint8Array> {
  const all = Object.fromEntries(
    PARTS.flatMap((part) => Object.entries(state[part]).map(([name, p]) => [`${part}/${name}`, p])),
  );
  const { epoch, step, bestLoss } = state;
  return await encodeSafetensors(all, { epoch: `${epoch}`, step: `${step}`, bestLoss: `${bestLoss}` });
}

function decodeState(bytes: Uint8Array): TrainingState {
  const { params, metadata } = decodeSafetensors(bytes);
  const part = (name: string) =>
    Object.fromEntries(
      Object.entries(params).filter(([key]) => key.startsWith(`${name}/`))
        .map(([key, p]) => [key.slice(name.length + 1), p]),
    );
  const [epoch, step, bestLoss] = [metadata.epoch, metadata.step, metadata.bestLoss].map(Number);
  const [p, optimizer, average, best] = PARTS.map(part);
  return { epoch, step, bestLoss, params: p, optimizer, average, best };
}

/** Frees a trained flow's weights. */
export function release(trained: Trained): void {
  dispose(trained.params);
}
