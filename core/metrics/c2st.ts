import type { Vector } from "../contracts/vector.ts";
import { fold, type Key, permutation } from "../base/random.ts";
import { Uncomputable } from "../base/uncomputable.ts";
import { fitClassifier, type LabelledRows } from "./classifier.ts";
import { metric, needSamples } from "./metric.ts";
import { chiSquareTail } from "./gamma.ts";
import type { SamplePair } from "./mmd.ts";
import { rowsOf } from "./products.ts";

/** `accuracy` 1/2 where a classifier cannot tell the sets apart, 1 where it always can. */
interface C2st {
  readonly accuracy: number;
  /** Standard error over samples and classifiers. */
  readonly error: number;
  /** p-value of the hypothesis that the accuracy is no better than chance, by a normal approximation. */
  readonly pValue: number;
}

const FOLDS = 5;
/**
 * Two samples in different folds each help to classify the other, so their successes go together. For a classifier
 * that is a sum `sum_j k(x_i, x_j) s_j` over the others' labels s = +-1, this doubles the binomial variance.
 */
const INFLATION = 2;

/**
 * Classifier two-sample test (Lopez-Paz and Oquab 2017) as in the benchmark of simulation-based inference (Lueckmann,
 * Boelts, Greenberg, Goncalves, Macke 2021, appendix): both sets are z-scored with the mean and standard deviation of
 * x, the reference; the accuracy is the mean over 5 shuffled folds of a network with two hidden layers of `10 size`
 * ReLU units. Folds and initial weights are drawn by `key`, so they are not scikit-learn's own. A component that is one
 * constant in both sets keeps its scale and tells nothing; one that is constant in a single set tells all.
 */
export function c2st({ x, y, size }: SamplePair, key: Key): C2st {
  needSamples(Math.min(x.length, y.length) / size, { least: FOLDS, what: "C2ST" });
  if (![x, y].every((set) => set.every(Number.isFinite))) {
    throw new Uncomputable("Some samples are no finite numbers: C2ST cannot compare them");
  }
  const { shift, scale } = moments(x, size), values = new Float64Array(x.length + y.length);
  values.set(x);
  values.set(y, x.length);
  const n = values.length / size;
  if (scale.some((s, i) => toldApart({ x, y, size }, { i, constant: s === 0 }))) return scored(1, n);
  values.forEach((v, k) => values[k] = (v - shift[k % size]) / (scale[k % size] || 1));
  const labels = Float64Array.from({ length: n }, (_, row) => Number(row * size >= x.length));
  const data = { x: { values, rows: n, columns: size }, labels };
  const order = permutation(fold(key, "folds"), n);
  const scores = Array.from({ length: FOLDS }, (_, k) => foldScore(data, { order, k, key: fold(key, k) }));
  return scored(scores.reduce((a, b) => a + b, 0) / FOLDS, n);
}

/** Accuracy of a classifier between the samples and as many of the reference: 1/2 where it cannot tell them apart. */
export const c2stMetric = metric({
  kind: "c2st",
  about: "accuracy of a classifier between the samples and those of a reference posterior",
  // It takes seconds for few unknowns and a fixed number of samples from each set.
  besideReference: { exact: true, unknowns: 16, samples: 500 },
  needs: ["samples", "reference", "key"],
  gives: { c2st: { label: "C2ST to reference", better: 0.5, decimals: 3 } },
  evaluate({ truth, samples, reference, key }): Record<string, number> {
    if (!reference.samples) return {};
    const size = truth.length, n = Math.min(samples.length, reference.samples.length);
    const pair = { x: reference.samples.subarray(0, n), y: samples.subarray(0, n), size };
    return { c2st: c2st(pair, key).accuracy };
  },
});

/** An accuracy on `n` rows with its error and p-value. */
function scored(accuracy: number, n: number): C2st {
  const z = (accuracy - 0.5) / Math.sqrt(INFLATION * 0.25 / n), tail = chiSquareTail(z * z, 1) / 2;
  const error = Math.sqrt(INFLATION * accuracy * (1 - accuracy) / n);
  return { accuracy, error, pValue: z > 0 ? tail : 1 - tail };
}

/** Accuracy on the k-th part of the order, of a classifier fitted to the rest. */
function foldScore(
  data: LabelledRows,
  { order, k, key }: { order: Uint32Array; k: number; key: Key },
): number {
  const edge = (part: number) => Math.round(part * order.length / FOLDS);
  const unseen = order.subarray(edge(k), edge(k + 1));
  const seen = Uint32Array.of(...order.subarray(0, edge(k)), ...order.subarray(edge(k + 1)));
  return fitClassifier(select(data, seen), key)(select(data, unseen)) / unseen.length;
}

function select({ x, labels }: LabelledRows, rows: Uint32Array): LabelledRows {
  return { x: rowsOf(x, rows), labels: Float64Array.from(rows, (row) => labels[row]) };
}

/** Whether a component is constant in one set alone, `constant` says whether in x, or in both at different values. */
function toldApart({ x, y, size }: SamplePair, { i, constant }: { i: number; constant: boolean }): boolean {
  if (constantColumn(y, { i, size }) !== constant) return true;
  return constant && x[i] !== y[i];
}

function constantColumn(x: Vector, { i, size }: { i: number; size: number }): boolean {
  for (let k = i; k < x.length; k += size) if (x[k] !== x[i]) return false;
  return true;
}

/** Mean and standard deviation, with n - 1, of each column; exactly 0 where a column is constant. */
function moments(x: Vector, size: number): { shift: Float64Array; scale: Float64Array } {
  const n = x.length / size, shift = new Float64Array(size), scale = new Float64Array(size);
  x.forEach((v, k) => shift[k % size] += v / n);
  x.forEach((v, k) => scale[k % size] += (v - shift[k % size]) ** 2 / (n - 1));
  return { shift, scale: scale.map((v, i) => constantColumn(x, { i, size }) ? 0 : Math.sqrt(v)) };
}
