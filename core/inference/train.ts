import type { Flow, Optimizer, Params } from "../contracts/flow.ts";
import type { LossAndGradient } from "../contracts/gradient.ts";
import type { TrainingSpec } from "../contracts/spec.ts";
import { add, dispose, mul, read, scope } from "../engine/mod.ts";
import { fold, type Key, permutation } from "../base/random.ts";
import { batchTensors, makeBatch } from "./batches.ts";
import { diverges, MOST_ROLLBACKS, rateAt, withReading } from "./schedule.ts";
import type { Pairs } from "./simulate.ts";
import type { Standardization } from "./standardize.ts";
import { validationLoss } from "./validation.ts";

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
  /** Times that training went back to an epoch's start at a smaller rate. */
  readonly rollbacks: number;
  /** The last readings of the training loss. They show whether the training diverges. */
  readonly recent: readonly number[];
  /** What had moved when the epoch was left unfinished; the other parts are of its start. */
  readonly within?: WithinEpoch;
}

/** An epoch's state after some of its batches. */
interface WithinEpoch extends Pick<TrainingState, "step" | "params" | "optimizer" | "average" | "recent"> {
  readonly batches: number;
}

/** Losses are in nats per dimension: the training batch's at a step, the validation set's at an epoch. */
export type TrainingEvent =
  & { readonly epoch: number; readonly step: number; readonly loss: number }
  & (
    | { readonly kind: "step"; readonly steps: number; readonly rate: number }
    | { readonly kind: "epoch"; readonly best: boolean }
    /** The loss at `step` diverged: training goes on from step `from`, where `epoch` began. */
    | { readonly kind: "rollback"; readonly from: number; readonly rollbacks: number }
  );

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
  /** Called after each epoch and rollback, when `due` and when `signal` stops; its state must not be kept beyond. */
  readonly checkpoint?: (state: TrainingState) => Promise<void>;
  /** Whether a checkpoint is due within an epoch. */
  readonly due?: () => boolean;
}

/** Steps between two readings of the training loss: a readback stalls a GPU's queue. */
const REPORT_EVERY = 10;

/** Pairs that must be left to train: one alone has no standard deviation. */
export const LEAST_TRAINED = 2;

/** How many of `n` pairs are held out to validate, one at least, and how many are left to train. */
export function pairCounts(n: number, validation: number): { trained: number; held: number } {
  const held = Math.max(1, Math.round(n * validation));
  return { trained: n - held, held };
}

/** Splits pair indices into training and validation by the key. */
export function splitPairs(n: number, { validation, key }: { validation: number; key: Key }) {
  const order = permutation(fold(key, "split"), n), { held } = pairCounts(n, validation);
  return { training: order.subarray(held), validation: order.subarray(0, held) };
}

/** The training options, and which pairs train and which validate. */
type EpochOptions = TrainingOptions & { readonly split: ReturnType<typeof splitPairs> };

/**
 * Fits a conditional flow by maximum likelihood (forward KL). Returns the moving-average parameters of the epoch with
 * the lowest validation loss. All randomness follows (key, epoch, rollbacks), so a run resumed from a checkpoint equals
 * the uninterrupted one. An epoch in which the loss diverges is repeated at half the rate. More than {@link
 * MOST_ROLLBACKS} repetitions in a training are an error.
 */
export async function trainFlow(problem: TrainingProblem, options: TrainingOptions): Promise<Params> {
  const { settings, pairs } = problem;
  const split = splitPairs(pairs.n, { validation: settings.validation, key: options.key });
  let state = options.resume ?? initialState(problem, { key: options.key, training: split.training });
  while (state.epoch < settings.epochs) {
    state = await nextEpoch(problem, state, { ...options, split });
    await options.checkpoint?.(state);
  }
  disposeMoving(state);
  return state.best;
}

/** What an epoch led to; `diverged` is the loss at which it was given up. */
interface Outcome {
  readonly state: TrainingState;
  readonly diverged?: number;
}

/** The state after one more epoch. If the epoch diverges, the state before it with one more rollback. */
async function nextEpoch(
  problem: TrainingProblem,
  { within, ...start }: TrainingState,
  options: EpochOptions,
): Promise<TrainingState> {
  const { batches, ...moved } = within ?? { batches: 0 };
  const begun = within ? { ...start, ...moved } : copyMoving(start);
  const trained = await trainEpoch(problem, begun, { ...options, start, from: batches });
  const { state, diverged } = trained.diverged === undefined
    ? await validate(problem, trained.state, options)
    : trained;
  disposeMoving(diverged === undefined ? start : state);
  if (diverged === undefined) return state;
  if (start.rollbacks === MOST_ROLLBACKS) {
    throw new Error(
      `Training diverged at step ${state.step}: the loss is ${diverged}, after ${MOST_ROLLBACKS} rollbacks that ` +
        "halved the rate. Lower training.optimizer.rate, or set training.optimizer.clip.",
    );
  }
  const { epoch, step: from } = start, rollbacks = start.rollbacks + 1;
  options.progress?.({ kind: "rollback", epoch, step: state.step, loss: diverged, from, rollbacks });
  return { ...start, rollbacks };
}

/** The parts of a state that every step replaces. */
const MOVING = ["params", "optimizer", "average"] as const;

function copyMoving(state: TrainingState): TrainingState {
  return { ...state, ...Object.fromEntries(MOVING.map((part) => [part, copy(state[part])])) };
}

function disposeMoving(state: TrainingState): void {
  for (const part of MOVING) dispose(state[part]);
}

function initialState(
  { flow, optimizer, pairs, standardization, settings }: TrainingProblem,
  { key, training }: { key: Key; training: Uint32Array },
): TrainingState {
  const indices = training.subarray(0, Math.max(settings.batch, Math.min(64, training.length)));
  const batch = makeBatch(pairs, indices, { standardization, settings, key: fold(key, "init") });
  return scope(() => {
    const params = flow.init(fold(key, "params"), batchTensors(standardization, batch));
    const state = { params, optimizer: optimizer.init(params), average: copy(params), best: copy(params) };
    return { epoch: 0, step: 0, bestLoss: Infinity, rollbacks: 0, recent: [], ...state };
  });
}

function copy(params: Params): Params {
  return Object.fromEntries(Object.entries(params).map(([name, p]) => [name, p.clone()]));
}

async function trainEpoch(
  problem: TrainingProblem,
  state: TrainingState,
  { key, split, start, from, signal, due, checkpoint, progress }: EpochOptions & {
    start: TrainingState;
    from: number;
  },
): Promise<Outcome> {
  const { settings, standardization, pairs } = problem, indices = split.training;
  // An epoch that is begun again meets other batches.
  const epochKey = fold(fold(fold(key, "epoch"), state.epoch), state.rollbacks);
  const order = permutation(fold(epochKey, "order"), indices.length);
  const batches = Math.max(1, Math.floor(indices.length / settings.batch));
  for (let b = from; b < batches; b++) {
    if (b > from && (signal?.aborted || due?.())) {
      const { step, params, optimizer, average, recent } = state;
      await checkpoint?.({ ...start, within: { batches: b, step, params, optimizer, average, recent } });
    }
    signal?.throwIfAborted();
    const chosen = order.subarray(b * settings.batch, (b + 1) * settings.batch).map((i) => indices[i]);
    const batch = makeBatch(pairs, chosen, {
      standardization,
      settings,
      noiseFrom: indices,
      key: fold(fold(epochKey, "batch"), b),
    });
    const rate = rateAt(problem.optimizer.rate, state, settings);
    const { loss: lossTensor, gradient } = await problem.lossAndGradient(state.params, batch);
    const next = scope(() => trainStep(problem, state, { gradient, rate }));
    dispose(gradient);
    disposeMoving(state);
    state = { ...state, ...next };
    const atEnd = b === batches - 1, reports = b === 0 || state.step % REPORT_EVERY === 0 || atEnd;
    const loss = reports ? (await read(lossTensor))[0] : undefined;
    dispose({ loss: lossTensor });
    if (loss === undefined) continue;
    const steps = batches * settings.epochs;
    progress?.({ kind: "step", epoch: state.epoch, step: state.step, steps, loss, rate });
    state = { ...state, recent: withReading(state.recent, loss) };
    if (diverges(state.recent, { atEnd })) return { state, diverged: loss };
  }
  return { state };
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
  { key, split, progress }: EpochOptions,
): Promise<Outcome> {
  const loss = await validationLoss(problem, state.average, {
    key: fold(key, "validation"),
    indices: split.validation,
  });
  if (!Number.isFinite(loss)) return { state, diverged: loss };
  const best = loss < state.bestLoss, epoch = state.epoch + 1;
  progress?.({ kind: "epoch", epoch, step: state.step, loss, best });
  if (!best) return { state: { ...state, epoch } };
  dispose(state.best);
  return { state: { ...state, epoch, best: copy(state.average), bestLoss: loss } };
}
