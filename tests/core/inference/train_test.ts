import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import type { Params } from "../../../core/contracts/flow.ts";
import type { TrainingSpec } from "../../../core/contracts/spec.ts";
import { dispose, mul, openEngine, read } from "../../../core/engine/mod.ts";
import { drawPosterior } from "../../../core/inference/draw.ts";
import { meanAndStd } from "../../../core/inference/evaluate.ts";
import { localGradient } from "../../../core/inference/gradient.ts";
import { referenceFor } from "../../../core/inference/reference.ts";
import { simulateObservations, simulatePairs } from "../../../core/inference/simulate.ts";
import { fitStandardization, flowShapes } from "../../../core/inference/standardize.ts";
import {
  splitPairs,
  trainFlow,
  type TrainingProblem,
  type TrainingState,
} from "../../../core/inference/train.ts";
import { againstReference } from "../../../core/metrics/mod.ts";
import { fold, rootKey } from "../../../core/random.ts";
import { couplingFlow } from "../../../flows/networks/coupling.ts";
import { adamOptimizer } from "../../../flows/optimizers/adam.ts";
import { linearGaussian } from "./toys.ts";

const key = rootKey(23);

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
    const found = againstReference({
      truth: data,
      ...meanAndStd(samples, 3),
      samples,
      shape: [3],
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

Deno.test("training continued from a checkpoint is bitwise the uninterrupted training", async () => {
  await openEngine("wasm");
  const training = await trainingOf({ pairs: 512, epochs: 4, batch: 64 });
  const options = { key: fold(key, "resumed") }, kept: TrainingState[] = [];
  const whole = await trainFlow(training, {
    ...options,
    checkpoint(state) {
      if (state.epoch === 2) kept.push(copyState(state));
      return Promise.resolve();
    },
  });
  const steps: number[] = [];
  const continued = await trainFlow(training, {
    ...options,
    resume: kept[0],
    progress: (event) => steps.push(event.step),
  });
  assertGreater(Math.min(...steps), kept[0].step, "the continued training starts where it was left");
  assertEquals(await valuesOf(continued), await valuesOf(whole));
});

Deno.test("the training split and the validation split share no pair and leave none out", () => {
  const { training, validation } = splitPairs(50, { validation: 0.2, key });
  assertEquals(validation.length, 10);
  assertEquals([...training, ...validation].sort((a, b) => a - b), Array.from({ length: 50 }, (_, i) => i));
});
