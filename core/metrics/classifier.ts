import { fold, type Key, permutation } from "../random.ts";
import { activations, type Dense, initNetwork, lossAndGradient } from "./network.ts";
import { type Matrix, rowsOf } from "./products.ts";

/** Rows [n, size] and their classes, 0 or 1. */
export interface LabelledRows {
  readonly x: Matrix;
  readonly labels: Float64Array;
}

/** Settings of the benchmark's classifier, which are scikit-learn's defaults (MLPClassifier). */
const RATE = 1e-3, BETA1 = 0.9, BETA2 = 0.999, EPSILON = 1e-8, BATCH = 200, PENALTY = 1e-4;
/** Training ends once the loss has not fallen by TOLERANCE for more than PATIENCE epochs. */
const TOLERANCE = 1e-4, PATIENCE = 10, MOST_EPOCHS = 10_000;

/**
 * Fits a network of two hidden layers of `10 size` ReLU units by Adam on shuffled batches, and returns a function that
 * counts the right answers among other rows.
 */
export function fitClassifier(rows: LabelledRows, key: Key): (unseen: LabelledRows) => number {
  const { columns } = rows.x, hidden = 10 * columns;
  const network = initNetwork([columns, hidden, hidden, 1], fold(key, "init"));
  const step = adam(network.flatMap(({ weight, bias }) => [weight.values, bias]));
  let best = Infinity, stale = 0;
  for (let epoch = 0; epoch < MOST_EPOCHS && stale <= PATIENCE; epoch++) {
    const loss = trainEpoch(network, rows, { order: permutation(fold(key, epoch), rows.x.rows), step });
    stale = loss > best - TOLERANCE ? stale + 1 : 0;
    best = Math.min(best, loss);
  }
  return (unseen) => {
    const logits = activations(network, unseen.x)[network.length].values;
    return logits.reduce((sum, logit, i) => sum + Number(Number(logit > 0) === unseen.labels[i]), 0);
  };
}

/** One pass over all rows; the mean loss of the batches as they were met. */
function trainEpoch(
  network: readonly Dense[],
  { x, labels }: LabelledRows,
  { order, step }: { order: Uint32Array; step: (gradient: readonly Float64Array[]) => void },
): number {
  let sum = 0;
  for (let from = 0; from < x.rows; from += BATCH) {
    const batch = order.subarray(from, from + BATCH);
    const own = Float64Array.from(batch, (row) => labels[row]);
    const { loss, gradient } = lossAndGradient(network, {
      x: rowsOf(x, batch),
      labels: own,
      penalty: PENALTY,
    });
    step(gradient);
    sum += loss * batch.length;
  }
  return sum / x.rows;
}

/** Steps of Adam (Kingma and Ba 2015, end of sec. 2) on the values, in place. */
function adam(values: readonly Float64Array[]): (gradient: readonly Float64Array[]) => void {
  const first = values.map(({ length }) => new Float64Array(length));
  const second = values.map(({ length }) => new Float64Array(length));
  let time = 0;
  return (gradient) => {
    time++;
    const rate = RATE * Math.sqrt(1 - BETA2 ** time) / (1 - BETA1 ** time);
    values.forEach((p, l) => {
      const g = gradient[l], m = first[l], v = second[l];
      for (let k = 0; k < p.length; k++) {
        m[k] = BETA1 * m[k] + (1 - BETA1) * g[k];
        v[k] = BETA2 * v[k] + (1 - BETA2) * g[k] ** 2;
        p[k] -= rate * m[k] / (Math.sqrt(v[k]) + EPSILON);
      }
    });
  };
}
