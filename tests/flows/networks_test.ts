import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import type { Flow, Params } from "../../core/contracts/flow.ts";
import { dispose, mul, read, scope, sum, tensor, tensorCount } from "../../core/engine/mod.ts";
import { fold, normals, rootKey } from "../../core/base/random.ts";
import { permute, reversed, shuffled } from "../../flows/layers/permutation.ts";
import { spline } from "../../flows/layers/spline.ts";
import { pixels } from "../../flows/layers/squeeze.ts";
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
import { sizeOf } from "../../core/base/shape.ts";

await openTestEngine();

const image = (n: number) => ({ x: [n, n, 1], context: [n, n, 1] });

const pieces = spline({ bins: 8, bound: 4 });
const shuffledAt = (step: number) => permute(shuffled(rootKey(step)));

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
  "glow with pixels and split": {
    small: glowFlow({ levels: 2, depth: 1, hidden: 8, shapes: image(4), squeeze: pixels, split: true }),
    deep: glowFlow({ levels: 2, depth: 6, hidden: 16, shapes: image(16), squeeze: pixels, split: true }),
  },
  "glow with a context encoder": {
    small: glowFlow({ levels: 2, depth: 1, hidden: 8, shapes: image(4), features: 3 }),
    deep: glowFlow({ levels: 2, depth: 6, hidden: 16, shapes: image(16), features: 5 }),
  },
  "hint with pixels": {
    small: hintFlow({ depth: 2, hidden: 8, shapes: image(4), squeeze: pixels }),
    deep: hintFlow({ depth: 12, hidden: 16, shapes: image(16), squeeze: pixels }),
  },
  "spline coupling of 5 on 3": {
    small: couplingFlow({ depth: 3, hidden: 16, shapes: { x: [5], context: [3] }, transform: pieces }),
    deep: couplingFlow({ depth: 12, hidden: 32, shapes: { x: [5], context: [3] }, transform: pieces }),
  },
  "spline coupling of 1 on 2": {
    small: couplingFlow({ depth: 2, hidden: 8, shapes: { x: [1], context: [2] }, transform: pieces }),
    deep: couplingFlow({ depth: 12, hidden: 8, shapes: { x: [1], context: [2] }, transform: pieces }),
  },
  "coupling of 5 on 3 by permutations": {
    small: couplingFlow({
      depth: 3,
      hidden: 16,
      shapes: { x: [5], context: [3] },
      mixing: () => permute(reversed),
    }),
    deep: couplingFlow({ depth: 12, hidden: 32, shapes: { x: [5], context: [3] }, mixing: shuffledAt }),
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
    const size = sizeOf({ shape: small.shapes.x }), x = normals(fold(key, "point"), size);
    const jacobian = await denseJacobian(small, { params, x, context });
    const [logdet] = await read(small.forward(params, tensor(x, [1, ...small.shapes.x]), context).logdet);
    assertLess(Math.abs(logAbsDet(jacobian) - logdet) / size, 1e-3);
  });

  Deno.test(`${name}: Taylor remainders of the loss along its gradient fall with slopes 1 and 2`, async () => {
    // Kinks (of ReLU, of the slope at a spline's knots) average out over many samples.
    const { x, context } = batch(small, small.shapes.x.length === 1 ? 4096 : 64);
    const params = perturbed(scope(() => small.init(key, { x, context })), key, 0.05);
    const { loss, gradient } = small.lossAndGradient(params, x, context);
    const [value] = await read(loss);
    const parts = await Promise.all(
      Object.values(gradient).map(async (g) => (await read(sum(mul(g, g))))[0]),
    );
    const norm = Math.sqrt(parts.reduce((a, b) => a + b));
    const remainders = async (h: number) => {
      const there = moved(params, gradient, h / norm);
      const difference = (await read(small.lossAndGradient(there, x, context).loss))[0] - value;
      return [difference, difference - h * norm];
    };
    const [wide, narrow] = [await remainders(0.04), await remainders(0.01)];
    const [first, second] = wide.map((r, i) => Math.log(r / narrow[i]) / Math.log(4));
    assert(Math.abs(first - 1) < 0.25, `the difference falls with slope ${first}`);
    assert(Math.abs(second - 2) < 0.4, `the remainder falls with slope ${second}`);
  });

  Deno.test(`${name}: pullback is the transposed derivative of the inverse`, async () => {
    const params = paramsOf(small, 0.03), { x, context } = batch(small, 1, "pull");
    const z = small.forward(params, x, context).z;
    const dx = randomTensor(fold(key, "cotangent"), x.shape);
    const pulled = small.pullback(params, x, context, { dx, dlogdet: 0 });
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

  Deno.test(`${name}: fifty training steps keep a constant number of tensors and lower the loss`, async () => {
    const adam = adamOptimizer({ rate: 3e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clip: 1 });
    const { x, context } = batch(small, 8), scaled = scope(() => mul(x, 3));
    let params = scope(() => small.init(key, { x, context })), state = scope(() => adam.init(params));
    const losses: number[] = [], counts: number[] = [];
    for (let step = 0; step < 50; step++) {
      const next = scope(() => {
        const { loss, gradient } = small.lossAndGradient(params, scaled, context);
        return { loss, ...adam.step(params, gradient, state, { step, rate: adam.rate }) };
      });
      losses.push((await read(next.loss))[0]);
      for (const old of [params, state, { loss: next.loss }]) dispose(old);
      [params, state] = [next.params, next.state];
      counts.push(tensorCount().tensors);
    }
    assertEquals(new Set(counts).size, 1);
    assertLess(losses[49], losses[0] - 0.3);
  });
}

Deno.test("the levels of a split flow are parts of its latents: what is coarse leaves last", async () => {
  const { levels } = glowFlow({ levels: 3, depth: 1, hidden: 8, shapes: image(8), split: true });
  const energies = async (z: Float32Array) => {
    const parts = scope(() => [...levels!(tensor(z, [1, 8, 8, 1]))]), found = [];
    for (const part of parts) found.push((await read(part)).reduce((sum, v) => sum + v * v, 0));
    assertEquals(parts.map(({ size }) => size), [32, 16, 16]);
    for (const part of parts) dispose({ part });
    return found;
  };
  const z = normals(rootKey(4), 64), found = await energies(z);
  assertLess(Math.abs(found.reduce((a, b) => a + b) / z.reduce((sum, v) => sum + v * v, 0) - 1), 1e-5);
  const [fine, middle, coarse] = await energies(new Float32Array(64).fill(1));
  assertEquals([fine, middle, Math.round(coarse)], [0, 0, 64]);
  const board = Float32Array.from({ length: 64 }, (_, i) => i + Math.floor(i / 8) & 1 ? -1 : 1);
  assertEquals((await energies(board)).map(Math.round), [64, 0, 0]);
  assertEquals(glowFlow({ levels: 3, depth: 1, hidden: 8, shapes: image(8) }).levels, undefined);
});
