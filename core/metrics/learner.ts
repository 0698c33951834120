import { activations, type Dense, lossAndGradient } from "./network.ts";
import type { Matrix } from "./products.ts";

/** A network in training: batches of at most as many rows as it was opened for. */
export interface Learner {
  /** One step of Adam on a batch; the loss before it. */
  step(x: Matrix, labels: Float64Array): number;
  /** Of each row. */
  logits(x: Matrix): ArrayLike<number> & { forEach(each: (logit: number, i: number) => void): void };
}

export type OpenLearner = (network: readonly Dense[], batch: number) => Learner;

/** Settings of the benchmark's classifier, which are scikit-learn's defaults (MLPClassifier). */
export const ADAM = { rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
export const PENALTY = 1e-4;

/** Factor on Adam's rate at a step, counted from 1, that corrects its moments' bias (Kingma and Ba 2015, end of sec. 2). */
export function biasCorrection(step: number): number {
  return Math.sqrt(1 - ADAM.beta2 ** step) / (1 - ADAM.beta1 ** step);
}

/** The learner in f64, which the fast one is held to. */
export const plainLearner: OpenLearner = (network) => {
  const values = network.flatMap(({ weight, bias }) => [weight.values, bias]);
  const first = values.map(({ length }) => new Float64Array(length));
  const second = values.map(({ length }) => new Float64Array(length));
  let time = 0;
  return {
    step(x, labels) {
      const { loss, gradient } = lossAndGradient(network, { x, labels, penalty: PENALTY });
      const rate = ADAM.rate * biasCorrection(++time);
      values.forEach((p, l) => {
        const g = gradient[l], m = first[l], v = second[l];
        for (let k = 0; k < p.length; k++) {
          m[k] = ADAM.beta1 * m[k] + (1 - ADAM.beta1) * g[k];
          v[k] = ADAM.beta2 * v[k] + (1 - ADAM.beta2) * g[k] ** 2;
          p[k] -= rate * m[k] / (Math.sqrt(v[k]) + ADAM.epsilon);
        }
      });
      return loss;
    },
    logits: (x) => activations(network, x)[network.length].values,
  };
};
