import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import type { Params } from "../../../core/contracts/flow.ts";
import type { TrainingSpec } from "../../../core/contracts/spec.ts";
import {
  add,
  dispose,
  mul,
  openEngine,
  read,
  scope,
  type Tensor,
  tensorCount,
} from "../../../core/engine/mod.ts";
import { drawPosterior } from "../../../core/inference/draw.ts";
import { meanAndStd } from "../../../core/inference/evaluate.ts";
import { localGradient } from "../../../core/inference/gradient.ts";
import { referenceFor } from "../../../core/inference/reference_posterior.ts";
import { simulateObservations, simulatePairs } from "../../../core/inference/simulate.ts";
import { fitStandardization, flowShapes } from "../../../core/inference/standardize.ts";
import {
  splitPairs,
  trainFlow,
  type TrainingEvent,
  type TrainingProblem,
  type TrainingState,
} from "../../../core/inference/train.ts";
import type { Judgement } from "../../../core/contracts/metric.ts";
import { metrics } from "../metrics/by_kind.ts";
import { fold, rootKey } from "../../../core/base/random.ts";
import { addressOf, stageCache } from "../../../core/store/cache.ts";
import { trainingCheckpoints } from "../../../core/learning/checkpoints.ts";
import { couplingFlow } from "../../../flows/networks/coupling.ts";
import { adamOptimizer } from "../../../flows/optimizers/adam.ts";
import { linearGaussian } from "./toys.ts";

const key = rootKey(23);
const momentsOf = (judgement: Judgement): Record<string, number> => ({
  ...metrics["reference-moments"].evaluate(judgement),
  ...metrics.kl.evaluate(judgement),
});

/** Two data of three unknowns: one direction is left to the prior. */
const problem = linearGaussian({
  matrix: [1, 0.5, -0.3, 0.2, -1, 0.8],
  sigma: 0.5,
  mean: [0.5, -1, 0],
  covariance: [1, 0.5, 0.2, 0.5, 2, 0.3, 0.2, 0.3, 0.5],
});

const settings: TrainingSpec = {
  pairs: 4096,
  validation: 0.1,
  epochs: 10,
  batch: 128,
  warmUp: 0,
  decay: 0.7,
  decayEvery: 1,
  average: 0.99,
  jitter: 0,
  flips: [],
  optimizer: { kind: "adam" },
};

async function trainingOf(changes: Partial<TrainingSpec>): Promise<TrainingProblem> {
  const own = { ...settings, ...changes };
  const pairs = await simulatePairs(problem, { key: fold(key, "pairs"), n: own.pairs });
  const { survey, summary } = problem;
  const y = pairs.signal.map((v, i) => v + pairs.noise[i]);
  const standardization = fitStandardization({ x: pairs.x, y }, {
    x: survey.domain,
    y: summary.space,
    mask: survey.mask,
  });
  const flow = couplingFlow({ depth: 3, hidden: 24, shapes: flowShapes(standardization) });
  const optimizer = adamOptimizer({ rate: 5e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clip: 0 });
  const lossAndGradient = localGradient(flow, standardization);
  return { flow, lossAndGradient, optimizer, pairs, standardization, settings: own };
}

Deno.test("a flow trained on a linear-Gaussian problem gives the exact posterior's mean and covariance", async () => {
  await openEngine("wasm");
  const training = await trainingOf({});
  const { flow, standardization } = training;
  const params = await trainFlow(training, { key: fold(key, "train") });
  const reference = await referenceFor(problem);
  assert(reference);
  for (const [i, { data, summary }] of (await simulateObservations(problem, { key, n: 3 })).entries()) {
    const n = 4096, own = fold(key, i), exact = await reference(data, { key: own, n: 1 });
    const samples = await drawPosterior({ flow, params, standardization }, summary, {
      key: own,
      n,
      batch: 512,
    });
    const found = momentsOf({
      truth: data,
      ...meanAndStd(samples, 3),
      samples,
      space: problem.survey.domain,
      mask: problem.survey.mask,
      reference: exact,
    });
    assertLess(found.meanError, 0.1, `observation ${i}`);
    assertLess(found.covarianceError, 0.15, `observation ${i}`);
    assertLess(found.kl, 0.05, `observation ${i}`);
  }
  dispose(params);
});

/** Values of parameters by name. */
async function valuesOf(params: Params): Promise<Record<string, Float32Array>> {
  const all = await Promise.all(
    Object.entries(params).map(async ([name, p]) => [name, await read(p)] as const),
  );
  return Object.fromEntries(all);
}

function copyState(state: TrainingState): TrainingState {
  const copy = (params: Params) =>
    Object.fromEntries(Object.entries(params).map(([name, p]) => [name, mul(p, 1)]));
  const { params, optimizer, average, best } = state;
  return {
    ...state,
    params: copy(params),
    optimizer: copy(optimizer),
    average: copy(average),
    best: copy(best),
  };
}

/** A short training with all that a checkpoint has to carry: warm-up over several epochs, average, decay. */
const short: Partial<TrainingSpec> = { pairs: 512, epochs: 4, batch: 64, warmUp: 20 };

/** Trains to the end, keeping a copy of every checkpoint, and every event. */
async function watched(training: TrainingProblem, resume?: TrainingState) {
  const states: TrainingState[] = [], events: TrainingEvent[] = [];
  const params = await trainFlow(training, {
    key: fold(key, "resumed"),
    resume,
    progress: (event) => events.push(event),
    checkpoint(state) {
      states.push(copyState(state));
      return Promise.resolve();
    },
  });
  return { values: await valuesOf(params), states, events };
}

/** The training with a loss and a gradient that are `value` where `broken` says so of the gradient's number, from 1. */
function broken(
  training: TrainingProblem,
  value: number,
  broken: (call: number) => boolean,
): TrainingProblem {
  let call = 0;
  return {
    ...training,
    async lossAndGradient(params, batch) {
      const sound = await training.lossAndGradient(params, batch);
      if (!broken(++call)) return sound;
      const spoilt = (t: Tensor) => scope(() => add(mul(t, 0), value));
      const gradient = Object.entries(sound.gradient).map(([name, g]) => [name, spoilt(g)]);
      const result = { loss: spoilt(sound.loss), gradient: Object.fromEntries(gradient) };
      dispose({ ...sound.gradient, loss: sound.loss });
      return result;
    },
  };
}

const rollbacksOf = (events: readonly TrainingEvent[]) => events.filter(({ kind }) => kind === "rollback");

Deno.test("training continued from any checkpoint is bitwise the uninterrupted training", async () => {
  await openEngine("wasm");
  const training = await trainingOf(short), whole = await watched(training);
  for (const state of whole.states.slice(0, -1)) {
    const continued = await watched(training, state);
    assertGreater(Math.min(...continued.events.map(({ step }) => step)), state.step);
    assertEquals(continued.values, whole.values);
  }
});

Deno.test("a training stopped at any step, kept as files and continued is bitwise the uninterrupted one", async () => {
  await openEngine("wasm");
  const training = await trainingOf(short), { values } = await watched(training);
  const folder = await Deno.makeTempDir(), cache = stageCache(folder, { experiment: "test", say: () => {} });
  // The loss is read at an epoch's first step and at every tenth: 7 steps an epoch.
  for (const last of [1, 10, 15]) {
    const address = addressOf({ stage: "train", reads: { last }, upstream: [], files: {}, sources: {} });
    const checkpoints = trainingCheckpoints(cache, address), stop = new AbortController();
    const stopped = trainFlow(training, {
      key: fold(key, "resumed"),
      signal: stop.signal,
      progress: ({ step }) => step >= last && stop.abort(),
      due: () => true,
      checkpoint: (state) => checkpoints.store({ state, events: [] }),
    });
    await assertRejects(() => stopped, DOMException);
    const { state } = (await checkpoints.load())!;
    assertEquals(state.within?.step, last);
    assertEquals((await watched(training, state)).values, values);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a checkpoint that is damaged is passed over for the one before it", async () => {
  await openEngine("wasm");
  const training = await trainingOf(short), folder = await Deno.makeTempDir(), said: string[] = [];
  const cache = stageCache(folder, { experiment: "test", say: (line) => said.push(line) });
  const address = addressOf({ stage: "train", reads: {}, upstream: [], files: {}, sources: {} });
  const { states: [first, second] } = await watched(training),
    checkpoints = trainingCheckpoints(cache, address);
  await checkpoints.store({ state: first, events: [] });
  const before = new Set([...Deno.readDirSync(folder)].map(({ name }) => name));
  await checkpoints.store({ state: second, events: [] });
  const [latest] = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => !before.has(name));
  await Deno.truncate(`${folder}/${latest}/state.safetensors`, 100);
  assertEquals((await trainingCheckpoints(cache, address).load())!.state.epoch, first.epoch);
  assertEquals(said.length, 1);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a loss that is not a number at one step sends training back to the epoch's start, once", async () => {
  await openEngine("wasm");
  const sound = await trainingOf(short), whole = await watched(broken(sound, NaN, (call) => call === 12));
  // 7 steps an epoch; the reading at step 14 meets what step 12 spoilt.
  assertEquals(rollbacksOf(whole.events), [
    { kind: "rollback", epoch: 1, step: 14, loss: NaN, from: 7, rollbacks: 1 },
  ]);
  const rateOf = (wanted: number) =>
    whole.events.filter((e) => e.kind === "step").filter((e) => e.step === wanted).map((e) => e.rate);
  assertEquals(rateOf(8), [8 / 20, 4 / 20].map((rise) => 5e-3 * 0.7 * rise));
  for (const values of Object.values(whole.values)) assert(values.every(Number.isFinite));
  const after = whole.states.filter(({ rollbacks }) => rollbacks === 1).slice(0, -1);
  assertEquals(after.map(({ epoch }) => epoch), [1, 2, 3]);
  for (const state of after) assertEquals((await watched(sound, state)).values, whole.values);
});

Deno.test("a loss that jumps and stays high sends training back, one batch of outliers does not", async () => {
  await openEngine("wasm");
  const training = await trainingOf(short);
  const high = (calls: number[]) => broken(training, 1e3, (call) => calls.includes(call));
  assertEquals(rollbacksOf((await watched(high([20]))).events), []);
  const [rollback] = rollbacksOf((await watched(high([20, 21]))).events);
  assertEquals([rollback.step, rollback.loss], [21, 1e3]);
});

Deno.test("a rate far too high is lowered by rollbacks until the loss falls", async () => {
  await openEngine("wasm");
  const own = await trainingOf({ ...short, decay: 1, warmUp: 0 });
  const { events } = await watched({ ...own, optimizer: { ...own.optimizer, rate: 1 } });
  assertGreater(rollbacksOf(events).length, 1);
  const losses = events.filter(({ kind }) => kind === "epoch").map(({ loss }) => loss);
  assertEquals(losses.length, 4);
  assertEquals(losses, losses.toSorted((a, b) => b - a));
});

Deno.test("a loss that always diverges ends training in a sentence", async () => {
  await openEngine("wasm");
  const training = broken(await trainingOf(short), NaN, (call) => call > 9), events: TrainingEvent[] = [];
  await assertRejects(
    () => trainFlow(training, { key, progress: (event) => events.push(event) }),
    Error,
    "Training diverged at step 8: the loss is NaN, after 5 rollbacks that halved the rate. " +
      "Lower training.optimizer.rate, or set training.optimizer.clip.",
  );
  assertEquals(rollbacksOf(events).length, 5);
});

Deno.test("training leaves no tensor but the flow it gives, also after a rollback", async () => {
  await openEngine("wasm");
  const training = broken(await trainingOf(short), NaN, (call) => call === 12),
    before = tensorCount().tensors;
  const params = await trainFlow(training, { key });
  assertEquals(tensorCount().tensors - before, Object.keys(params).length);
  dispose(params);
});

Deno.test("the training split and the validation split share no pair and leave none out", () => {
  const { training, validation } = splitPairs(50, { validation: 0.2, key });
  assertEquals(validation.length, 10);
  assertEquals([...training, ...validation].sort((a, b) => a - b), Array.from({ length: 50 }, (_, i) => i));
});
