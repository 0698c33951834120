import { fold, type Key, permutation } from "../base/random.ts";
import { denseLearner } from "./dense_learner.ts";
import { initNetwork } from "./network.ts";
import type { Learner, OpenLearner } from "./learner.ts";
import { type Matrix, rowsOf } from "./products.ts";

/** Rows [n, size] and their classes, 0 or 1. */
export interface LabelledRows {
  readonly x: Matrix;
  readonly labels: Float64Array;
}

/** Rows of a batch; scikit-learn's default, as the learner's settings are (MLPClassifier). */
const BATCH = 200;
/** Training ends once the loss has not fallen by TOLERANCE for more than PATIENCE epochs. */
const TOLERANCE = 1e-4, PATIENCE = 10, MOST_EPOCHS = 10_000;

/**
 * Fits a network of two hidden layers of `10 size` ReLU units by Adam on shuffled batches, and returns a function that
 * counts the right answers among other rows.
 */
export function fitClassifier(
  rows: LabelledRows,
  key: Key,
  open: OpenLearner = denseLearner,
): (unseen: LabelledRows) => number {
  const { columns } = rows.x, hidden = 10 * columns;
  const network = initNetwork([columns, hidden, hidden, 1], fold(key, "init"));
  const learner = open(network, BATCH);
  let best = Infinity, stale = 0;
  for (let epoch = 0; epoch < MOST_EPOCHS && stale <= PATIENCE; epoch++) {
    const loss = trainEpoch(learner, rows, permutation(fold(key, epoch), rows.x.rows));
    stale = loss <= best - TOLERANCE ? 0 : stale + 1; // NaN is no progress
    best = Math.min(best, loss);
  }
  return ({ x, labels }) => {
    let right = 0;
    for (let from = 0; from < x.rows; from += BATCH) {
      const batch = Uint32Array.from({ length: Math.min(BATCH, x.rows - from) }, (_, i) => from + i);
      learner.logits(rowsOf(x, batch)).forEach((logit, i) =>
        right += Number(Number(logit > 0) === labels[from + i])
      );
    }
    return right;
  };
}

/** One pass over all rows; the mean loss of the batches as they were met. */
function trainEpoch(learner: Learner, { x, labels }: LabelledRows, order: Uint32Array): number {
  let sum = 0;
  for (let from = 0; from < x.rows; from += BATCH) {
    const batch = order.subarray(from, from + BATCH);
    sum += learner.step(rowsOf(x, batch), Float64Array.from(batch, (row) => labels[row])) * batch.length;
  }
  return sum / x.rows;
}
