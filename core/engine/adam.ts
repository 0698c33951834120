import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "./tensors.ts";

/** A parameter, its gradient and the moments of Adam, all of one shape; `factor` [] scales the gradient. */
interface AdamInputs {
  readonly p: Tensor;
  readonly g: Tensor;
  readonly m: Tensor;
  readonly v: Tensor;
  readonly factor: Tensor;
}

/** `rate` already divided by `1 - beta1^t`; `correction2 = 1 - beta2^t`. */
interface AdamRates {
  readonly rate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly correction2: number;
}

/**
 * `m' = beta1 m + (1 - beta1) g`, `v' = beta2 v + (1 - beta2) g^2`, `p' = p - rate m' / (sqrt(v' / correction2) +
 * epsilon)` (Kingma and Ba 2015); one kernel where the backend has it.
 */
export function adamStep(inputs: AdamInputs, rates: AdamRates): { p: Tensor; m: Tensor; v: Tensor } {
  if (tf.getKernel("AdamStep", tf.getBackend())) {
    const outputs = tf.engine().runKernel("AdamStep", { ...inputs }, { ...rates });
    const [p, m, v] = outputs as unknown as Tensor[];
    return { p, m, v };
  }
  const { rate, beta1, beta2, epsilon, correction2 } = rates;
  const g = tf.mul(inputs.g, inputs.factor);
  const m = tf.add(tf.mul(inputs.m, beta1), tf.mul(g, 1 - beta1));
  const v = tf.add(tf.mul(inputs.v, beta2), tf.mul(tf.square(g), 1 - beta2));
  const p = tf.sub(inputs.p, tf.div(tf.mul(m, rate), tf.add(tf.sqrt(tf.div(v, correction2)), epsilon)));
  return { p, m, v };
}

/** `sum_i |t_i|^2` over several tensors. */
export function squaredNorm(tensors: readonly Tensor[]): Tensor {
  if (tf.getKernel("SquaredNorm", tf.getBackend())) {
    return tf.engine().runKernel("SquaredNorm", { ...tensors } as unknown as tf.NamedTensorMap) as Tensor;
  }
  return tensors.map((t) => tf.sum(tf.square(t))).reduce((a, b) => tf.add(a, b));
}
