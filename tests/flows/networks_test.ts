import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import type { Flow, Params } from "../../core/contracts/flow.ts";
import { dispose, mul, read, scope, sum, tensor, tensorCount } from "../../core/engine/mod.ts";
import { fold, normals, rootKey } from "../../core/random.ts";
import { couplingFlow } from "../../flows/networks/coupling.ts";
import { glowFlow } from "../../flows/networks/glow.ts";
import { hintFlow } from "../../flows/networks/hint.ts";
import { adamOptimizer } from "../../flows/optimizers/adam.ts";
import {
  denseJacobian,
  logAbsDet,
  moved,
  openTestEngine,
  perturbed,
  randomTensor,
  relativeError,
} from "./helpers.ts";

await openTestEngine();

const image = (n: number) => ({ x: [n, n, 1], context: [n, n, 1] });

/** One body for every flow: a new network is added here and nowhere else. */
const FLOWS: Record<string, { small: Flow; deep: Flow }> = {
  glow: {
    small: glowFlow({ levels: 2, depth: 1, hidden: 8, shapes: image(4) }),
    deep: glowFlow({ levels: 2, depth: 6, hidden: 16, shapes: image(16) }),
  },
  hint: {
    small: hintFlow({ depth: 2, hidden: 8, shapes: image(4) }),
    deep: hintFlow({ depth: 12, hidden: 16, shapes: image(16) }),
  },
  "coupling of 5 on 3": {
    small: couplingFlow({ depth: 3, hidden: 16, shapes: { x: [5], context: [3] } }),
    deep: couplingFlow({ depth: 12, hidden: 32, shapes: { x: [5], context: [3] } }),
  },
  "coupling of 1 on 2": {
    small: couplingFlow({ depth: 2, hidden: 8, shapes: { x: [1], context: [2] } }),
    deep: couplingFlow({ depth: 12, hidden: 8, shapes: { x: [1], context: [2] } }),
  },
};

const key = rootKey(42);
const batch = (flow: Flow, n: number, name = "batch") => ({
  x: randomTensor(fold(fold(key, name), "x"), [n, ...flow.shapes.x]),
  context: randomTensor(fold(fold(key, name), "context"), [n, ...flow.shapes.context]),
});
const paramsOf = (flow: Flow, scale = 0.1): Params =>
  perturbed(scope(() => flow.init(fold(key, "init"), batch(flow, 8))), key, scale);

for (const [name, { small, deep }] of Object.entries(FLOWS)) {
  Deno.test(`${name}: inverse undoes forward at depth 12 with weights away from the identity`, async () => {
    const params = paramsOf(deep, 0.03), { x, context } = batch(deep, 3);
    const z = deep.forward(params, x, context).z;
    assertGreater(await relativeError(z, x), 0.05);
    assertLess(await relativeError(deep.inverse(params, z, context), x), 1e-4);
  });

  Deno.test(`${name}: logdet is that of the dense Jacobian`, async () => {
    const params = paramsOf(small);
    const context = randomTensor(fold(key, "one"), [1, ...small.shapes.context]);
    const size = small.shapes.x.reduce((a, b) => a * b, 1), x = normals(fold(key, "point"), size);
    const jacobian = await denseJacobian(small, { params, x, context });
    const [logdet] = await read(small.forward(params, tensor(x, [1, ...small.shapes.x]), context).logdet);
    assertLess(Math.abs(logAbsDet(jacobian) - logdet) / size, 1e-3);
  });

  Deno.test(`${name}: the Taylor remainder of the loss falls with slope 2 along its gradient`, async () => {
    const params = paramsOf(small), { x, context } = batch(small, 4);
    const { loss, gradient } = small.lossAndGradient(params, x, context);
    const direction = Object.fromEntries(
      Object.entries(params).map(([p, t]) => [p, randomTensor(fold(fold(key, "direction"), p), t.shape)]),
    );
    const [value] = await read(loss);
    let slope = 0;
    for (const p of Object.keys(params)) slope += (await read(sum(mul(gradient[p], direction[p]))))[0];
    const remainder = async (h: number) => {
      const there = moved(params, direction, h);
      return (await read(small.lossAndGradient(there, x, context).loss))[0] - value;
    };
    // ReLU kinks spoil wide steps and f32 rounding narrow ones: the tape test holds the gradient to 1e-4.
    const slopeAt = async (h: number) => (await remainder(h) - await remainder(-h)) / (2 * h);
    assertLess(Math.abs(await slopeAt(3e-4) - slope) / Math.abs(slope), 5e-2);
    const even = async (h: number) => await remainder(h) + await remainder(-h);
    const order = Math.log(await even(4e-3) / await even(1e-3)) / Math.log(4);
    assert(Math.abs(order - 2) < 0.6, `the even remainder falls with slope ${order}`);
  });

  Deno.test(`${name}: pullback is the transposed derivative of the inverse`, async () => {
    const params = paramsOf(small), { x, context } = batch(small, 1, "pull");
    const z = small.forward(params, x, context).z;
    const dx = randomTensor(fold(key, "cotangent"), x.shape);
    const pulled = small.pullback(params, x, context, dx);
    assertLess(await relativeError(pulled.z, z), 1e-5);
    const direction = randomTensor(fold(key, "tangent"), z.shape), h = 3e-4;
    const at = async (step: number) =>
      (await read(sum(mul(dx, small.inverse(params, moved({ z }, { z: direction }, step).z, context)))))[0];
    const numeric = (await at(h) - await at(-h)) / (2 * h);
    const [exact] = await read(sum(mul(pulled.dz, direction)));
    assertLess(Math.abs(numeric - exact) / (Math.abs(exact) + 0.1), 2e-2);
  });

  Deno.test(`${name}: loss depends on the context`, async () => {
    const params = paramsOf(small), { x, context } = batch(small, 2);
    const other = randomTensor(fold(key, "other"), context.shape);
    assertGreater(await relativeError(small.loss(params, x, context), small.loss(params, x, other)), 1e-3);
  });
}

Deno.test("fifty training steps keep a constant number of tensors and lower the loss", async () => {
  const flow = glowFlow({ levels: 1, depth: 2, hidden: 8, shapes: image(8) });
  const adam = adamOptimizer({ rate: 3e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clip: 1 });
  const { x, context } = batch(flow, 8);
  const inputs = scope(() => ({ x: mul(x, 3), context }));
  let params = scope(() => flow.init(key, { x: context, context })), state = scope(() => adam.init(params));
  const losses: number[] = [], counts: number[] = [];
  for (let step = 0; step < 50; step++) {
    const next = scope(() => {
      const { loss, gradient } = flow.lossAndGradient(params, inputs.x, inputs.context);
      return { loss, ...adam.step(params, gradient, state, { step, rate: adam.rate }) };
    });
    losses.push((await read(next.loss))[0]);
    dispose({ loss: next.loss });
    dispose(params);
    dispose(state);
    [params, state] = [next.params, next.state];
    counts.push(tensorCount().tensors);
  }
  assertEquals(new Set(counts).size, 1);
  assertLess(losses[49], losses[0] - 0.5);
});
