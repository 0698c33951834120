import * as tf from "@tensorflow/tfjs";
import { assertLess } from "@std/assert";
import { mul, openEngine, scope, sum, type Tensor } from "../../core/engine/mod.ts";
import { fold, rootKey } from "../../core/random.ts";
import { actnorm } from "../../flows/layers/actnorm.ts";
import { conv1x1 } from "../../flows/layers/conv1x1.ts";
import { coupling } from "../../flows/layers/coupling.ts";
import { haarSqueeze } from "../../flows/layers/haar.ts";
import { hintCoupling } from "../../flows/layers/hint_coupling.ts";
import type { Layer } from "../../flows/layers/layer.ts";
import { couplingFlow } from "../../flows/networks/coupling.ts";
import { glowFlow } from "../../flows/networks/glow.ts";
import { hintFlow } from "../../flows/networks/hint.ts";
import { perturbed, randomTensor, relativeError } from "./helpers.ts";

// Network gradients as users get them, against the tape through the same loss.
const image = { x: [8, 8, 1], context: [8, 8, 1] };
const FLOWS = {
  glow: glowFlow({ levels: 2, depth: 6, hidden: 6, shapes: image }),
  hint: hintFlow({ depth: 6, hidden: 6, shapes: image }),
  coupling: couplingFlow({ depth: 12, hidden: 8, shapes: { x: [4], context: [2] } }),
};

// The tape needs every kernel's gradient, so it runs on tfjs's own cpu backend.
await openEngine("cpu");

const key = rootKey(8);
const LAYERS: Record<string, { layer: Layer; context: boolean }> = {
  actnorm: { layer: actnorm, context: false },
  conv1x1: { layer: conv1x1, context: false },
  haarSqueeze: { layer: haarSqueeze, context: false },
  coupling: { layer: coupling({ hidden: 6, kernel: 3, contextGradient: true }), context: true },
  hintCoupling: { layer: hintCoupling(4, { hidden: 6, kernel: 3, contextGradient: true }), context: true },
};

for (const [name, { layer, context: conditional }] of Object.entries(LAYERS)) {
  Deno.test(`${name}: explicit backward agrees with the tape's gradients`, async () => {
    const x = randomTensor(fold(key, "x"), [2, 4, 6, 4]);
    const context = conditional ? randomTensor(fold(key, "context"), [2, 4, 6, 3]) : undefined;
    const params = perturbed(scope(() => layer.init(key, { x, context })), key, 0.3);
    const y = layer.forward(params, x, context).y;
    const dy = randomTensor(fold(key, "dy"), y.shape), dlogdet = -0.7;
    const explicit = layer.backward(params, y, { dy, dlogdet }, context);
    const names = Object.keys(params), leading = context ? [x, context] : [x];
    const loss = (...inputs: Tensor[]) => {
      const own = Object.fromEntries(names.map((n, i) => [n, inputs[i + leading.length]]));
      const out = layer.forward(own, inputs[0], conditional ? inputs[1] : undefined);
      return tf.add(sum(mul(out.y, dy)), mul(sum(out.logdet), dlogdet)) as tf.Scalar;
    };
    const inputs = [...leading, ...names.map((n) => params[n])];
    const taped = tf.grads(loss as never)(inputs as never) as Tensor[];
    assertLess(await relativeError(explicit.x, x), 1e-5);
    assertLess(await relativeError(explicit.dx, taped[0]), 1e-4);
    if (conditional) assertLess(await relativeError(explicit.dcontext!, taped[1]), 1e-4);
    for (const [i, n] of names.entries()) {
      assertLess(await relativeError(explicit.dparams[n], taped[i + leading.length]), 1e-4, n);
    }
  });
}

for (const [name, flow] of Object.entries(FLOWS)) {
  Deno.test(`${name}: gradients by invertibility agree with the tape's at depth 12`, async () => {
    const x = randomTensor(fold(key, "x"), [3, ...flow.shapes.x]);
    const context = randomTensor(fold(key, "context"), [3, ...flow.shapes.context]);
    const params = perturbed(scope(() => flow.init(key, { x, context })), key, 0.05);
    const { gradient } = flow.lossAndGradient(params, x, context);
    const names = Object.keys(params);
    const loss = (...values: Tensor[]) =>
      flow.lossAndGradient(Object.fromEntries(names.map((n, i) => [n, values[i]])), x, context).loss;
    const taped = tf.grads(loss as never)(names.map((n) => params[n]) as never) as Tensor[];
    const all = (tensors: Tensor[]) => tf.concat(tensors.map((t) => t.flatten()));
    assertLess(await relativeError(all(names.map((n) => gradient[n])), all(taped)), 1e-4);
  });
}
