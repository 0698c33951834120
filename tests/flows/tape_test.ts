import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals, assertLess } from "@std/assert";
import type { Flow } from "../../core/contracts/flow.ts";
import { add, mul, openEngine, read, scope, sum, type Tensor, tensor } from "../../core/engine/mod.ts";
import { fold, rootKey } from "../../core/base/random.ts";
import { actnorm } from "../../flows/layers/actnorm.ts";
import { conv1x1 } from "../../flows/layers/conv1x1.ts";
import { affine } from "../../flows/layers/affine.ts";
import { convolutionConditioner } from "../../flows/layers/conditioner.ts";
import { coupling } from "../../flows/layers/coupling.ts";
import { hintCoupling } from "../../flows/layers/hint_coupling.ts";
import type { Layer } from "../../flows/layers/layer.ts";
import { permute, shuffled } from "../../flows/layers/permutation.ts";
import { spline } from "../../flows/layers/spline.ts";
import { haar, pixels, squeezeLayer } from "../../flows/layers/squeeze.ts";
import { couplingFlow } from "../../flows/networks/coupling.ts";
import { glowFlow } from "../../flows/networks/glow.ts";
import { hintFlow } from "../../flows/networks/hint.ts";
import { logAbsDet, perturbed, randomTensor, relativeError } from "./helpers.ts";
import { sizeOf } from "../../core/base/shape.ts";

// Network gradients as users get them, against the tape through the same loss.
const image = { x: [8, 8, 1], context: [8, 8, 1] };
const FLOWS = {
  glow: glowFlow({ levels: 2, depth: 6, hidden: 6, shapes: image }),
  "glow with split": glowFlow({
    levels: 2,
    depth: 6,
    hidden: 6,
    shapes: image,
    squeeze: pixels,
    split: true,
  }),
  "glow with a context encoder": glowFlow({ levels: 2, depth: 6, hidden: 6, shapes: image, features: 4 }),
  hint: hintFlow({ depth: 6, hidden: 6, shapes: image }),
  coupling: couplingFlow({ depth: 12, hidden: 8, shapes: { x: [4], context: [2] } }),
  "spline coupling": couplingFlow({
    depth: 12,
    hidden: 8,
    shapes: { x: [4], context: [2] },
    transform: spline({ bins: 5, bound: 3 }),
  }),
};

// The tape needs every kernel's gradient, so it runs on tfjs's own cpu backend.
await openEngine("cpu");

const key = rootKey(8);
const options = { conditioner: convolutionConditioner({ hidden: 6, kernel: 3 }), contextGradient: true };
const LAYERS: Record<string, { layer: Layer; context: boolean }> = {
  actnorm: { layer: actnorm, context: false },
  conv1x1: { layer: conv1x1, context: false },
  permutation: { layer: permute(shuffled(key)), context: false },
  "Haar squeeze": { layer: squeezeLayer(haar), context: false },
  "pixel squeeze": { layer: squeezeLayer(pixels), context: false },
  coupling: { layer: coupling({ ...options, transform: affine }), context: true },
  "spline coupling": {
    layer: coupling({ ...options, transform: spline({ bins: 5, bound: 2 }) }),
    context: true,
  },
  hintCoupling: { layer: hintCoupling(4, { ...options, transform: affine }), context: true },
};

function layerCase(layer: Layer, conditional: boolean) {
  const x = randomTensor(fold(key, "x"), [2, 4, 6, 4]);
  const context = conditional ? randomTensor(fold(key, "context"), [2, 4, 6, 3]) : undefined;
  return { x, context, params: perturbed(scope(() => layer.init(key, { x, context })), key, 0.2) };
}

for (const [name, { layer, context: conditional }] of Object.entries(LAYERS)) {
  Deno.test(`${name}: explicit backward agrees with the tape's gradients`, async () => {
    const { x, context, params } = layerCase(layer, conditional);
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
    assertLess(await relativeError(explicit.x, x), 5e-5);
    assertLess(await relativeError(explicit.dx, taped[0]), 1e-4);
    if (conditional) assertLess(await relativeError(explicit.dcontext!, taped[1]), 1e-4);
    for (const [i, n] of names.entries()) {
      assertLess(await relativeError(explicit.dparams[n], taped[i + leading.length]), 1e-4, n);
    }
  });

  Deno.test(`${name}: pullback agrees with the tape through the inverse`, async () => {
    const { x, context, params } = layerCase(layer, conditional);
    const { y, logdet } = layer.forward(params, x, context), dx = randomTensor(fold(key, "dx"), x.shape);
    const dlogdet = -0.7, pulled = layer.pullback(params, x, { dx, dlogdet }, context);
    const taped = tf.grad((at) => {
      const there = layer.inverse(params, at, context), own = layer.forward(params, there, context).logdet;
      return tf.add(sum(mul(there, dx)), mul(sum(own), dlogdet)) as tf.Scalar;
    })(y);
    assertLess(await relativeError(pulled.y, y), 1e-6);
    assertLess(await relativeError(add(pulled.logdet, 1), add(logdet, 1)), 1e-6);
    assertLess(await relativeError(pulled.dy, taped), 1e-4);
  });
}

for (const [name, flow] of Object.entries(FLOWS)) {
  Deno.test(`${name}: gradients by invertibility agree with the tape's at depth 12`, async () => {
    const x = randomTensor(fold(key, "x"), [16, ...flow.shapes.x]);
    const context = randomTensor(fold(key, "context"), [16, ...flow.shapes.context]);
    const params = perturbed(scope(() => flow.init(key, { x, context })), key, 0.05);
    const { gradient } = flow.lossAndGradient(params, x, context);
    const names = Object.keys(params);
    const loss = (...values: Tensor[]) =>
      flow.lossAndGradient(Object.fromEntries(names.map((n, i) => [n, values[i]])), x, context).loss;
    const taped = tf.grads(loss as never)(names.map((n) => params[n]) as never) as Tensor[];
    const all = (tensors: Tensor[]) => tf.concat(tensors.map((t) => t.flatten()));
    assertLess(await relativeError(all(names.map((n) => gradient[n])), all(taped)), 1e-4);
  });

  Deno.test(`${name}: pullback agrees with the tape through the inverse at depth 12`, async () => {
    const x = randomTensor(fold(key, "x"), [16, ...flow.shapes.x]);
    const context = randomTensor(fold(key, "context"), [16, ...flow.shapes.context]);
    const params = perturbed(scope(() => flow.init(key, { x, context })), key, 0.05);
    const dx = randomTensor(fold(key, "dx"), x.shape), dlogdet = -0.7;
    const pulled = flow.pullback(params, x, context, { dx, dlogdet });
    const { z, logdet } = flow.forward(params, x, context);
    const taped = tf.grad((at) => {
      const there = flow.inverse(params, at, context), own = flow.forward(params, there, context).logdet;
      return tf.add(sum(mul(there, dx)), mul(sum(own), dlogdet)) as tf.Scalar;
    })(z);
    assertLess(await relativeError(pulled.logdet, logdet), 1e-5);
    assertLess(await relativeError(pulled.dz, taped), 1e-4);
  });
}

const vectors = (x: number, context: number) => ({
  depth: 3,
  hidden: 8,
  shapes: { x: [x], context: [context] },
});
const pieces = spline({ bins: 5, bound: 3 });
const SMALL: Record<string, Flow> = {
  glow: glowFlow({
    levels: 2,
    depth: 1,
    hidden: 8,
    shapes: { x: [4, 4, 1], context: [4, 4, 2] },
    split: true,
  }),
  hint: hintFlow({ depth: 2, hidden: 8, shapes: { x: [4, 4, 1], context: [4, 4, 1] } }),
};
for (const [x, context] of [[1, 0], [1, 2], [3, 0], [3, 2], [8, 0], [8, 3]]) {
  SMALL[`affine coupling of ${x} on ${context}`] = couplingFlow(vectors(x, context));
  SMALL[`spline coupling of ${x} on ${context}`] = couplingFlow({
    ...vectors(x, context),
    transform: pieces,
  });
}

for (const [name, flow] of Object.entries(SMALL)) {
  Deno.test(`${name}: logdet is that of the Jacobian that the tape gives row by row`, async () => {
    const n = 8, size = sizeOf({ shape: flow.shapes.x });
    const x = randomTensor(fold(key, "x"), [n, ...flow.shapes.x], 1.5);
    const context = randomTensor(fold(key, "context"), [n, ...flow.shapes.context]);
    const params = perturbed(scope(() => flow.init(key, { x, context })), key, 0.1);
    const flat = (at: Tensor) => flow.forward(params, at, context).z.reshape([n, size]);
    const rows = await Promise.all(Array.from({ length: size }, async (_, i) => {
      const unit = Float32Array.from({ length: n * size }, (_, at) => Number(at % size === i));
      return await read(tf.grad(flat)(x, tensor(unit, [n, size])));
    }));
    const logdet = await read(flow.forward(params, x, context).logdet);
    for (let sample = 0; sample < n; sample++) {
      const jacobian = rows.map((row) => [...row.subarray(sample * size, (sample + 1) * size)]);
      assertAlmostEquals(logAbsDet(jacobian), logdet[sample], 1e-5 * size);
    }
  });
}
