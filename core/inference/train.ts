import type { Flow, Optimizer, Params } from "../contracts/flow.ts";
import type { TrainingSpec } from "../contracts/spec.ts";
import { add, type Batch, dispose, type LossAndGradient, mul, read, scope, tensor } from "../engine/mod.ts";
import { fold, type Key, permutation } from "../random.ts";
import { batchShapes, makeBatch } from "./batches.ts";
import type { Pairs } from "./simulate.ts";
import type { Standardization } from "./standardize.ts";

/** Everything a continued training needs; tensors belong to the state. */
export interface TrainingState {
  readonly epoch: number;
  readonly step: number;
  readonly params: Params;
  readonly optimizer: Params;
  /** Exponential moving average of the parameters: what validation and sampling use. */
  readonly average: Params;
  readonly best: Params;
  readonly bestLoss: number;
}

export interface TrainingEvent {
  readonly kind: "step" | "epoch";
  readonly epoch: number;
  readonly step: number;
  readonly steps: number;
  /** Nats per dimension: the training batch's at a step, the validation set's at an epoch. */
  readonly loss: number;
  readonly rate: number;
  readonly best?: boolean;
}

export interface TrainingProblem {
  readonly flow: Flow;
  /** On this thread or on several: see `localGradient` and `parallelGradient`. */
  readonly lossAndGradient: LossAndGradient;
  readonly optimizer: Optimizer;
  readonly pairs: Pairs;
  readonly standardization: Standardization;
  readonly settings: TrainingSpec;
}

interface TrainingOptions {
  readonly key: Key;
  readonly resume?: TrainingState;
  readonly signal?: AbortSignal;
  readonly progress?: (event: TrainingEvent) => void;
  /** Called after each epoch; its state must not be kept beyond the call. */
  readonly checkpoint?: (state: TrainingState) => Promise<void>;
}

/** Steps between two readings of the training loss: a readback stalls a GPU's queue. */
const REPORT_EVERY = 10;

/** Splits pair indices into training and validation by the key. */
export function splitPairs(n: number, { validation, key }: { validation: number; key: Key }) {
  const order = permutation(fold(key, "split"), n);
  const held = Math.max(1, Math.round(n * validation));
  return { training: order.subarray(held), validation: order.subarray(0, held) };
}

/**
 * Fits a conditional flow by maximum likelihood (forward KL), and returns the moving-average parameters of the
 * epoch with the lowest validation loss. All randomness follows (key, epoch, step), so a run resumed from a
 * checkpoint equals the uninterrupted one.
 */
export async function trainFlow(problem: TrainingProblem, options: TrainingOptions): Promise<Params> {
  const { settings, pairs } = problem;
  const split = splitPairs(pairs.n, { validation: settings.validation, key: options.key });
  let state = options.resume ?? initialState(problem, { key: options.key, training: split.training });
  while (state.epoch < settings.epochs) {
    state = await trainEpoch(problem, state, { ...options, indices: split.training });
    state = await validate(problem, state, { ...options, indices: split.validation });
    await options.checkpoint?.(state);
  }
  for (const part of [state.params, state.optimizer, state.average]) dispose(part);
  return state.best;
}

function initialState(
  { flow, optimizer, pairs, standardization, settings }: TrainingProblem,
  { key, training }: { key: Key; training: Uint32Array },
): TrainingState {
  const indices = training.subarray(0, Math.max(settings.batch, Math.min(64, training.length)));
  const batch = makeBatch(pairs, indices, { standardization, settings, key: fold(key, "init") });
  return scope(() => {
    const params = flow.init(fold(key, "params"), upload(batch, standardization));
    const state = { params, optimizer: optimizer.init(params), average: copy(params), best: copy(params) };
    return { epoch: 0, step: 0, bestLoss: Infinity, ...state };
  });
}

function upload(batch: Batch, s: Standardization) {
  const shapes = batchShapes(s, batch.n);
  return { x: tensor(batch.x, shapes.x), context: tensor(batch.context, shapes.context) };
}

function copy(params: Params): Params {
  return Object.fromEntries(Object.entries(params).map(([name, p]) => [name, p.clone()]));
}

async function trainEpoch(
  problem: TrainingProblem,
  state: TrainingState,
  { key, indices, signal, progress }: TrainingOptions & { indices: Uint32Array },
): Promise<TrainingState> {
  const { settings, standardization, pairs, optimizer } = problem;
  const order = permutation(fold(fold(key, "order"), state.epoch), indices.length);
  const batches = Math.max(1, Math.floor(indices.length / settings.batch));
  const rate = optimizer.rate * settings.decay ** Math.floor(state.epoch / settings.decayEvery);
  for (let b = 0; b < batches; b++) {
    signal?.throwIfAborted();
    const chosen = order.subarray(b * settings.batch, (b + 1) * settings.batch).map((i) => indices[i]);
    const batch = makeBatch(pairs, chosen, {
      standardization,
      settings,
      noiseFrom: indices,
      key: fold(fold(key, "batch"), state.step),
    });
    const { loss: lossTensor, gradient } = await problem.lossAndGradient(state.params, batch);
    const next = scope(() => trainStep(problem, state, { gradient, rate }));
    for (const part of [gradient, state.params, state.optimizer, state.average]) dispose(part);
    state = { ...state, ...next };
    if (state.step % REPORT_EVERY === 0 || b === batches - 1) {
      const [loss] = await read(lossTensor);
      if (!Number.isFinite(loss)) {
        throw new Error(
          `Training diverged at step ${state.step}: the loss is ${loss}. Lower training.optimizer.rate.`,
        );
      }
      const steps = batches * settings.epochs;
      progress?.({ kind: "step", epoch: state.epoch, step: state.step, steps, loss, rate });
    }
    dispose({ loss: lossTensor });
  }
  return state;
}

function trainStep(
  { optimizer, settings }: TrainingProblem,
  state: TrainingState,
  { gradient, rate }: { gradient: Params; rate: number },
) {
  const next = optimizer.step(state.params, gradient, state.optimizer, { step: state.step, rate });
  const average = movingAverage(state.average, next.params, { weight: settings.average, step: state.step });
  return { params: next.params, optimizer: next.state, average, step: state.step + 1 };
}

/** The weight grows with the step, so that the average forgets its start. */
function movingAverage(
  average: Params,
  params: Params,
  { weight, step }: { weight: number; step: number },
): Params {
  const w = Math.min(weight, (1 + step) / (10 + step));
  return Object.fromEntries(
    Object.entries(params).map(([name, p]) => [name, add(mul(average[name], w), mul(p, 1 - w))]),
  );
}

async function validate(
  problem: TrainingProblem,
  state: TrainingState,
  { key, indices, progress }: TrainingOptions & { indices: Uint32Array },
): Promise<TrainingState> {
  const loss = await validationLoss(problem, state.average, { key, indices });
  const better = loss < state.bestLoss;
  const epoch = state.epoch + 1;
  progress?.({ kind: "epoch", epoch, step: state.step, steps: 0, loss, rate: 0, best: better });
  if (!better) return { ...state, epoch };
  dispose(state.best);
  return { ...state, epoch, best: copy(state.average), bestLoss: loss };
}

/** Mean conditional negative log-likelihood of held-out pairs, nats per dimension. */
async function validationLoss(
  { flow, pairs, standardization, settings }: TrainingProblem,
  params: Params,
  { key, indices }: { key: Key; indices: Uint32Array },
): Promise<number> {
  let total = 0;
  for (let at = 0; at < indices.length; at += settings.batch) {
    const chosen = indices.subarray(at, at + settings.batch);
    const batch = makeBatch(pairs, chosen, {
      standardization,
      settings: { flips: [], jitter: settings.jitter },
      key: fold(fold(key, "validation"), at),
    });
    const losses = scope(() => {
      const { x, context } = upload(batch, standardization);
      return flow.loss(params, x, context);
    });
    for (const loss of await read(losses)) total += loss;
    dispose({ losses });
  }
  return total / indices.length;
}
