import {
  bonferroni,
  c2st,
  contraction,
  coverageTest,
  distance,
  energyScore,
  expectedCoverage,
  mmd,
  otherTruths,
  predictiveCheck,
  projections,
  ranks,
  type SamplePair,
  smoothWeights,
  studentTail,
  summarise,
  type Trial,
  type Uniformity,
  uniformityTest,
} from "../../core/metrics/mod.ts";
import { fold, type Key, normals64, rootKey } from "../../core/base/random.ts";
import { drawGaussian } from "../../core/linalg/mod.ts";
import {
  covariance,
  DATA,
  type Fault,
  logWeights,
  misfit,
  type PlantedTrial,
  plantedTrial,
  plantedTrials,
  SIZE,
} from "../core/metrics/planted.ts";
import { metrics } from "../core/metrics/by_kind.ts";
import type { Measurement } from "./main.ts";
import { vector } from "../spaces.ts";

const FAULTS: readonly Fault[] = ["none", "bias", "narrow", "prior"];
export const SAMPLES = 99, REPLICATES = 1000;
const LEVEL = 0.05;
/** Fewer of what is slow: C2ST of exact posteriors, and scores and C2ST of wrong ones, whose power is near 1. */
const CLASSIFIERS = 400, SHIFTED = 200;
/** Trials of one calibration test: as few as a run has, and as many as a study has. */
export const COUNTS = [25, 100];
export const cells = Array.from({ length: SIZE }, (_, i) => i);

/** p-values of one set of trials by the name of the test. */
type PValues = Record<string, number>;

/** Prepares all tests of a set of trials, so that what they simulate is simulated once. */
function calibrationTests(count: number, key: Key): (trials: readonly PlantedTrial[], own: Key) => PValues {
  const uniform = uniformityTest({ count, outcomes: SAMPLES + 1, key: fold(key, "null") });
  const pivots = uniformityTest({ count, outcomes: 20, key: fold(key, "pivots") });
  const directions = projections(cells, { count: 4, key: fold(key, "directions") });
  return (trials, own) => {
    const rank = (quantity: (typeof directions)[number], name: string) =>
      ranks(trials, quantity, fold(own, name));
    const sbc = directions.map((quantity, k) => rank(quantity, `${k}`));
    const misfits = rank((x, trial) => misfit(x, trials[trial].data), "misfit");
    const balls = rank(distance(otherTruths(trials, fold(own, "others")), cells), "balls");
    const central = (found: Uint32Array) => {
      const [point] = expectedCoverage(found, { outcomes: SAMPLES + 1, region: "central", levels: [0.9] });
      return coverageTest(point, count);
    };
    const pivotal = trials.map(({ samples, data }) =>
      predictiveCheck([misfit(samples.subarray(0, SIZE), data)], { degreesOfFreedom: DATA }).pivotal
    );
    return {
      ...named("SBC, 4 projections", sbc.map(uniform)),
      ...named("SBC, misfit", [uniform(misfits)]),
      ...named("TARP", [uniform(balls)]),
      "coverage 90 %, one projection": central(sbc[0]),
      "coverage 90 %, misfit": central(misfits),
      ...named("predictive, pivotal", [pivots(pivotal.map((p) => Math.min(19, Math.floor(20 * p))))]),
    };
  };
}

function named(name: string, tests: readonly Uniformity[]): PValues {
  return {
    [`${name}, chi-square`]: bonferroni(tests.map((t) => t.chiSquare.pValue)),
    [`${name}, envelope`]: bonferroni(tests.map((t) => t.envelope.pValue)),
  };
}

/** Fraction of p-values at or below the level, by test. */
export function* rejections(of: string, results: readonly PValues[]): Iterable<Measurement> {
  for (const name of Object.keys(results[0])) {
    const rejected = results.filter((p) => p[name] <= LEVEL).length;
    yield { name: `${name}, ${of}`, value: rejected / results.length, unit: `of ${results.length} rejected` };
  }
}

function* calibration(key: Key): Iterable<Measurement> {
  for (const count of COUNTS) {
    const test = calibrationTests(count, fold(key, `tests of ${count}`));
    for (const fault of FAULTS) {
      const results = Array.from({ length: REPLICATES }, (_, k) => {
        const own = fold(fold(key, `${count} ${fault}`), k);
        return test(plantedTrials(own, { count, fault, n: SAMPLES }), own);
      });
      yield* rejections(`${count} posteriors, ${fault}`, results);
    }
  }
}

/** Scores of samples at a truth: the smaller the better. */
function scoresOf(trial: Trial): Record<string, number> {
  const mask = new Float64Array(SIZE).fill(1),
    judgement = { ...trial, mean: trial.truth, space: vector(SIZE), mask };
  return { CRPS: metrics.crps.evaluate(judgement).crps, "energy score": energyScore(trial).value };
}

/**
 * How often a sampler scores worse than exact samples of the same data, by a paired one-sided t test. The samplers
 * share their data, and the exact samples that they are compared with; small sets are the first of large ones.
 */
function* scoreTests(key: Key): Iterable<Measurement> {
  const most = Math.max(...COUNTS), found = Object.fromEntries(FAULTS.map((f) => [f, [] as PValues[]]));
  for (let k = 0; k < REPLICATES; k++) {
    const own = fold(key, k),
      exact = plantedTrials(own, { count: most, fault: "none", n: 0 }).map((trial, i) =>
        scoresOf({ ...trial, samples: exactSamples(trial, { key: fold(own, i), n: SAMPLES }) })
      );
    for (const fault of k < SHIFTED ? FAULTS : FAULTS.slice(0, 1)) {
      const planted = plantedTrials(own, { count: most, fault, n: SAMPLES }).map(scoresOf);
      const tests = Object.keys(exact[0]).flatMap((name) => {
        const worse = planted.map((scores, i) => scores[name] - exact[i][name]);
        return COUNTS.map((n) => [`${name}, ${n} posteriors`, meanAbove0(worse.slice(0, n))] as const);
      });
      found[fault].push(Object.fromEntries(tests));
    }
  }
  for (const fault of FAULTS) yield* rejections(fault, found[fault]);
}

/** Student's p-value that the mean is not above 0. */
function meanAbove0(values: readonly number[]): number {
  const { mean, standardError } = summarise(values);
  return studentTail(mean / standardError, values.length - 1);
}

/** `n` more samples of the exact posterior of a trial's data. */
function exactSamples({ posterior }: PlantedTrial, { key, n }: { key: Key; n: number }): Float64Array {
  const exact = new Float64Array(n * SIZE);
  for (let k = 0; k < n; k++) {
    exact.set(drawGaussian(posterior, normals64(fold(fold(key, "exact"), k), SIZE)), k * SIZE);
  }
  return exact;
}

/** Samples of a planted sampler beside as many of the exact posterior of the same data. */
function pairOf(key: Key, { fault, n }: { fault: Fault; n: number }): SamplePair {
  const trial = plantedTrial(key, { fault, n });
  return { x: exactSamples(trial, { key, n }), y: trial.samples, size: SIZE };
}

/** The first cells alone: a classifier of few components is fitted in a second. */
function firstCells({ x, y, size }: SamplePair, count: number): SamplePair {
  const first = (samples: SamplePair["x"]) => samples.filter((_, k) => k % size < count);
  return { x: first(x), y: first(y), size: count };
}

function* againstExact(key: Key): Iterable<Measurement> {
  for (const fault of FAULTS.filter((f) => f !== "prior")) {
    const repeat = (times: number, work: (own: Key) => PValues) =>
      Array.from({ length: times }, (_, k) => work(fold(fold(key, fault), k)));
    const kernel = (own: Key) => ({
      "MMD, 2 x 100": mmd(pairOf(own, { fault, n: 100 }), { key: own }).pValue,
    });
    yield* rejections(fault, repeat(REPLICATES, kernel));
    const classifier = (own: Key) => ({
      "C2ST, 2 x 200, 2 cells": c2st(firstCells(pairOf(own, { fault, n: 200 }), 2), own).pValue,
    });
    yield* rejections(fault, repeat(fault === "none" ? CLASSIFIERS : SHIFTED, classifier));
  }
}

/** Of one observation: predictive p-values, kHat above its threshold, mean scores. */
function* observations(key: Key): Iterable<Measurement> {
  for (const fault of FAULTS) {
    const trials = plantedTrials(fold(key, fault), { count: REPLICATES, fault, n: 400 });
    const residuals = trials.map(({ samples, data }) =>
      Array.from({ length: 400 }, (_, k) => misfit(samples.subarray(k * SIZE, (k + 1) * SIZE), data))
    );
    const checks = residuals.map((r) => predictiveCheck(r, { degreesOfFreedom: DATA }));
    yield* rejections(
      fault,
      checks.map(({ predictive, pivotal }) => ({ predictive: predictive.value, pivotal })),
    );
    const psis = trials.map((trial) => smoothWeights(logWeights(trial, fault)));
    const unreliable = psis.filter(({ kHat, threshold }) => kHat > threshold).length / REPLICATES;
    yield { name: `PSIS kHat above its threshold, ${fault}`, value: unreliable, unit: `of ${REPLICATES}` };
    yield* meanOf(`PSIS kHat, ${fault}`, psis.map((p) => p.kHat));
    yield* meanOf(`PSIS effective samples, ${fault}`, psis.map((p) => p.ess / 400));
    yield* meanOf(`energy score, ${fault}`, trials.slice(0, 200).map((trial) => energyScore(trial).value));
    yield* meanOf(`contraction, ${fault}`, trials.map(contractionOf));
  }
}

function contractionOf({ samples }: PlantedTrial): number {
  return contraction({
    samples,
    priorVariance: Float64Array.from(cells, (i) => covariance[i * (SIZE + 1)]),
    cells,
  }).value;
}

function* meanOf(name: string, values: readonly number[]): Iterable<Measurement> {
  const { mean, standardError } = summarise(values);
  yield { name, value: mean, unit: "mean" };
  yield { name: `${name}, standard error`, value: standardError, unit: "mean" };
}

/** Seconds of C2ST on 2 x 1000 samples of one distribution. */
function* classifierTime(key: Key): Iterable<Measurement> {
  for (const size of [2, 5, 10]) {
    const draw = (name: string) => normals64(fold(fold(key, name), size), 1000 * size);
    const start = performance.now(), { accuracy } = c2st({ x: draw("x"), y: draw("y"), size }, key);
    yield {
      name: `C2ST, 2 x 1000 in ${size} dimensions`,
      value: (performance.now() - start) / 1e3,
      unit: "s",
    };
    yield { name: `C2ST, 2 x 1000 in ${size} dimensions`, value: accuracy, unit: "accuracy" };
  }
}

/** Size and power at 5 % of the diagnostics, on a linear-Gaussian problem whose posterior is known. */
export async function* bench(): AsyncIterable<Measurement> {
  const key = rootKey(11);
  yield* calibration(fold(key, "calibration"));
  yield* scoreTests(fold(key, "scores"));
  yield* observations(fold(key, "observations"));
  yield* againstExact(fold(key, "pairs"));
  yield* classifierTime(fold(key, "time"));
}
