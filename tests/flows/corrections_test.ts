import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { mul, openEngine, read, sub, sum, type Tensor } from "../../core/engine/mod.ts";
import { fold, rootKey } from "../../core/random.ts";
import { diagonalCorrection } from "../../flows/corrections/diagonal.ts";
import { denseJacobian, logAbsDet, perturbed, randomTensor, relativeError } from "./helpers.ts";

// The tape is the oracle here, so tfjs's own cpu backend computes.
await openEngine("cpu");

const key = rootKey(3), shape = [2, 3, 1], z = randomTensor(fold(key, "z"), [4, ...shape]);
const fitted = perturbed(diagonalCorrection.init(shape), key, 0.5);

Deno.test("the diagonal correction starts as the identity", async () => {
  const { z: moved, logdet } = diagonalCorrection.apply(diagonalCorrection.init(shape), z);
  assertEquals(await read(moved), await read(z));
  assertEquals([...await read(logdet)], [0, 0, 0, 0]);
});

Deno.test("the diagonal correction's gradient agrees with the tape, entropy term included", async () => {
  const weights = randomTensor(fold(key, "w"), z.shape);
  const names = Object.keys(fitted);
  const loss = (...values: Tensor[]) => {
    const own = Object.fromEntries(names.map((name, i) => [name, values[i]]));
    const { z: moved, logdet } = diagonalCorrection.apply(own, z);
    // L(z') = w z'^2 / 2, so dL/dz' = w z'.
    return tf.div(sub(sum(mul(weights, mul(mul(moved, moved), 0.5))), sum(logdet)), 4) as tf.Scalar;
  };
  const taped = tf.grads(loss as never)(names.map((name) => fitted[name]) as never) as Tensor[];
  const dz = mul(weights, diagonalCorrection.apply(fitted, z).z);
  const gradient = diagonalCorrection.gradient(fitted, z, dz);
  for (const [i, name] of names.entries()) {
    assertLess(await relativeError(gradient[name], taped[i]), 1e-5, name);
  }
});

Deno.test("the diagonal correction's logdet is that of its dense Jacobian", async () => {
  const [logdet] = await read(diagonalCorrection.apply(fitted, z).logdet);
  const asFlow = { shapes: { x: shape, context: [1] }, forward: diagonalCorrection.apply } as never;
  const x = (await read(z)).slice(0, 6);
  assertAlmostEquals(logAbsDet(await denseJacobian(asFlow, { params: fitted, x, context: z })), logdet, 1e-3);
});
