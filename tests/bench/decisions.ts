import type { ScenarioOutcome } from "../../core/judge/outcome.ts";
import {
  bonferroni,
  centralLevels,
  distance,
  projections,
  ranks,
  uniformityTest,
} from "../../core/metrics/mod.ts";
import { summaryDetector, upperPValue } from "../../core/inference/detect.ts";
import { multiplyVector } from "../../core/linalg/mod.ts";
import { fold, type Key, normals64, rootKey, uniforms } from "../../core/base/random.ts";
import { togetherPValue } from "../../core/learning/detection.ts";
import { judgeGates } from "../../core/judge/gates.ts";
import { misfit, type PlantedTrial, plantedTrials } from "../core/metrics/planted.ts";
import { cells, COUNTS, rejections, REPLICATES, SAMPLES } from "./diagnostics.ts";
import type { Measurement } from "./main.ts";

/** Observations of a scenario in a gate's table, and by how many standard deviations of one the mean misses. */
const OBSERVATIONS = [2, 4, 8, 16], MISSES = [0, 0.5, 1, 2];

/** How often a gate fails: of a value exactly at its limit, which is its false alarms, and of one beyond it. */
function* gates(key: Key): Iterable<Measurement> {
  const laws: Record<string, (own: Key, n: number) => Float64Array> = {
    normal: normals64,
    skewed: (own, n) => uniforms(own, n).map((u) => -1 - Math.log(u)), // exponential: mostly just below its mean
  };
  for (const [law, draw] of Object.entries(laws)) {
    for (const n of OBSERVATIONS) {
      for (const scenarios of [1, 4]) {
        for (const miss of MISSES) {
          const failed = Array.from({ length: 10 * REPLICATES }, (_, k) => {
            const values = draw(fold(fold(key, `${law} ${n} ${scenarios}`), k), n * scenarios);
            const outcomes = Array.from({ length: scenarios }, (_, s) => {
              const rows = Array.from(values.subarray(s * n, (s + 1) * n), (snr) => ({ snr }));
              return { name: `${s}`, slug: `${s}`, values: { corrected: rows } };
            });
            const [gate] = judgeGates({ "corrected.snr": `>= ${miss}` }, outcomes);
            return Number(!gate.passed);
          });
          const value = failed.reduce((a, b) => a + b) / failed.length;
          const name = `gate, ${law}, ${scenarios} x ${n} observations, missed by ${miss} deviations`;
          yield { name, value, unit: `of ${failed.length} failed` };
        }
      }
    }
  }
}

/** Limits of gates on p-values. */
const LIMITS = [0.01, 0.05];

/** How often gates on p-values fail where nothing is wrong. */
function* plainGates(key: Key): Iterable<Measurement> {
  for (const count of COUNTS) {
    const pValues = exactCalibrations(fold(key, `calibration ${count}`), count);
    yield* falseAlarms(`calibration.amortized, ${count} observations`, pValues.map((p) => [p]));
    const together = Array.from({ length: REPLICATES / 4 }, (_, k) => pValues.slice(4 * k, 4 * k + 4));
    yield* falseAlarms(`calibration.amortized, 4 scenarios x ${count} observations`, together);
  }
  const detected = Array.from(
    { length: REPLICATES },
    (_, k) => nominalDetection(fold(fold(key, "detection"), k)),
  );
  for (const count of [1, 4]) {
    const joint = (of: (p: { summary: number; residual: number }) => number[]) =>
      detected.map((found) => [bonferroni(found.slice(0, count).map((p) => bonferroni(of(p))))]);
    yield* falseAlarms(`detection.summary, ${count} observations`, joint((p) => [p.summary]));
    yield* falseAlarms(`detection.joint, ${count} observations`, joint((p) => [p.summary, p.residual]));
  }
}

/** Of sets of p-values, one per scenario: the fraction that fails a gate at each limit. */
function* falseAlarms(name: string, sets: readonly (readonly number[])[]): Iterable<Measurement> {
  for (const limit of LIMITS) {
    const failed = sets.filter((set) => {
      const outcomes = set.map((p, k): ScenarioOutcome => (
        { name: `${k}`, slug: `${k}`, values: {}, pValues: { test: { p } } }
      ));
      return !judgeGates({ "test.p": `>= ${limit}` }, outcomes)[0].passed;
    });
    yield {
      name: `gate ${name} >= ${limit}`,
      value: failed.length / sets.length,
      unit: `of ${sets.length} failed`,
    };
  }
}

/** Joint p-values of a run's calibration (`calibrate`) of exact posteriors, one simulation of ranks for all sets. */
function exactCalibrations(key: Key, count: number): number[] {
  const test = (outcomes: number) =>
    uniformityTest({ count, outcomes, key: fold(key, `${outcomes}`), draws: 9999 });
  const uniform = test(SAMPLES + 1), central = test(50);
  return Array.from({ length: REPLICATES }, (_, k) => {
    const own = fold(key, k), trials = plantedTrials(own, { count, fault: "none", n: SAMPLES });
    const quantities = [
      ...projections(cells, { count: 4, key: fold(own, "directions") }),
      (x: ArrayLike<number>, trial: number) => misfit(x, trials[trial].data),
    ];
    const sbc = quantities.map((quantity, q) => ranks(trials, quantity, fold(fold(own, "ties"), q)));
    const levels = sbc.map((r, q) =>
      centralLevels(r, { samples: SAMPLES, key: fold(fold(own, "split"), q) })
    );
    // The posterior's mean is what a regression of x on the data learns.
    const balls = ranks(trials, distance(trials.map((t) => t.posterior.mean), cells), fold(own, "balls"));
    const tests = [...sbc.map(uniform), ...levels.map(central), uniform(balls)];
    return bonferroni(tests.map(({ envelope }) => envelope.pValue));
  });
}

/** p-values of four observations like the training data, by detectors learned anew. */
function nominalDetection(key: Key): { summary: number; residual: number }[] {
  const draw = (name: string, count: number) =>
    plantedTrials(fold(key, name), { count, fault: "none", n: 0 });
  const values = Float32Array.from(draw("training", TRAINED).flatMap(({ data }) => [...data]));
  const detector = summaryDetector({ n: TRAINED, values }, fold(key, "detector"));
  const residual = ({ posterior, data }: PlantedTrial) => misfit(posterior.mean, data);
  const nominal = draw("residuals", 99).map(residual);
  return draw("observed", 4).map((trial) => ({
    summary: detector.one(new Float32Array(trial.data)),
    residual: upperPValue(residual(trial), nominal),
  }));
}

/** Unknowns and their scatter, as the detectors' table has them. */
const UNKNOWNS = 8, TRAINED = 1000;
/** Observations that are tested together, and how often. */
const TOGETHER = 6, SETS = 200;

interface Shift {
  readonly width?: number;
  readonly mean?: number;
  readonly noise?: number;
  readonly operator?: Float64Array;
}

/** How often the summary's detector rejects observations like the training ones, and shifted ones. */
function* detectors(key: Key): Iterable<Measurement> {
  for (const size of [6, 40]) {
    const matrix = (name: string) =>
      normals64(fold(fold(key, name), size), size * UNKNOWNS).map((v) => v / Math.sqrt(UNKNOWNS));
    const nominal = matrix("J");
    const draw = (own: Key, { width = 1, mean = 0, noise = 0.3, operator = nominal }: Shift = {}) => {
      const x = normals64(fold(own, "x"), UNKNOWNS).map((v) => width * v + mean);
      const e = normals64(fold(own, "e"), size);
      return Float32Array.from(multiplyVector(operator, x), (v, i) => v + noise * e[i]);
    };
    const values = new Float32Array(TRAINED * size);
    for (let i = 0; i < TRAINED; i++) values.set(draw(fold(fold(key, `training ${size}`), i)), i * size);
    const detector = summaryDetector({ n: TRAINED, values }, fold(key, size));
    const shifts: Record<string, Shift> = {
      none: {},
      "mean 1.5": { mean: 1.5 },
      "width 2": { width: 2 },
      "noise x 2": { noise: 0.6 },
      "noise x 1/2": { noise: 0.15 },
      "another operator": { operator: matrix("other") },
    };
    for (const [name, shift] of Object.entries(shifts)) {
      const found = Array.from({ length: 2 * REPLICATES }, (_, i) => ({
        [`detector, ${size} data`]: detector.one(draw(fold(fold(key, name), i), shift)),
      }));
      yield* rejections(name, found);
      const together = Array.from({ length: SETS }, (_, k) => {
        const set = Array.from(
          { length: TOGETHER },
          (_, i) => draw(fold(fold(fold(key, `${name} set`), k), i), shift),
        );
        return { [`${TOGETHER} together, ${size} data`]: togetherPValue(detector, set, fold(key, k))! };
      });
      yield* rejections(name, together);
    }
  }
}

/** False alarms and power of what a run decides by: its gates, and the detectors of shifts. */
export async function* bench(): AsyncIterable<Measurement> {
  const key = rootKey(11);
  yield* gates(fold(key, "gates"));
  yield* plainGates(fold(key, "plain gates"));
  yield* detectors(fold(key, "detectors"));
}
