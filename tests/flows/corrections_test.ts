import * as tf from "@tensorflow/tfjs";
import { assertLess } from "@std/assert";
import type { LatentCorrection } from "../../core/contracts/correction.ts";
import { mul, openEngine, sub, sum, type Tensor, tensor } from "../../core/engine/mod.ts";
import { fold, rootKey } from "../../core/base/random.ts";
import { diagonalCorrection } from "../../flows/corrections/diagonal.ts";
import { flowCorrection } from "../../flows/corrections/flow.ts";
import { lowRankCorrection } from "../../flows/corrections/low_rank.ts";
import { meanCorrection } from "../../flows/corrections/mean.ts";
import { perturbed, randomTensor, relativeError } from "./helpers.ts";

// The tape is the oracle here, so tfjs's own cpu backend computes.
await openEngine("cpu");

const key = rootKey(3);

const CORRECTIONS: Record<string, LatentCorrection> = {
  mean: meanCorrection,
  diagonal: diagonalCorrection,
  "low-rank": lowRankCorrection(2),
  flow: flowCorrection({ depth: 1, hidden: 8 }),
};

for (const [name, correction] of Object.entries(CORRECTIONS)) {
  for (const shape of [[5], [2, 4, 1]]) {
    Deno.test(`${name} of [${shape}]: the gradient agrees with the tape, entropy term included`, async () => {
      const z = randomTensor(fold(key, "z"), [4, ...shape]), weights = randomTensor(fold(key, "w"), z.shape);
      const params = perturbed(correction.init(key, shape), key, 0.2), names = Object.keys(params);
      const loss = (...values: Tensor[]) => {
        const own = Object.fromEntries(names.map((name, i) => [name, values[i]]));
        const { z: moved, logdet } = correction.apply(own, z);
        // L(z') = w z'^2 / 2, so dL/dz' = w z'.
        return tf.div(sub(sum(mul(weights, mul(mul(moved, moved), 0.5))), sum(logdet)), 4) as tf.Scalar;
      };
      const used = tf.grads(loss as never)(names.map((name) => params[name]) as never) as Tensor[];
      const gradient = correction.gradient(params, z, mul(weights, correction.apply(params, z).z));
      for (const [i, name] of names.entries()) {
        assertLess(await relativeError(gradient[name], used[i]), 1e-4, name);
      }
    });

    Deno.test(`${name} of [${shape}]: the score is that of the density of corrected latents`, async () => {
      const z = randomTensor(fold(key, "z"), [4, ...shape]);
      const params = perturbed(correction.init(key, shape), key, 0.2);
      const score = tensor(await correction.score(params, z), z.shape);
      // log q(T(z)) = -|z|^2 / 2 - logdet, whose derivative of z is that of T, transposed, of the score.
      const pulled = tf.grad((at) => sum(mul(score, correction.apply(params, at).z)))(z);
      const logDensity = tf.grad((at) =>
        sub(mul(sum(mul(at, at)), -0.5), sum(correction.apply(params, at).logdet))
      )(z);
      assertLess(await relativeError(pulled, logDensity), 1e-4);
    });
  }
}
