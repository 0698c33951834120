import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import type { LatentCorrection } from "../../core/contracts/correction.ts";
import type { Flow, Params } from "../../core/contracts/flow.ts";
import type { FlowCost } from "../../core/contracts/cost.ts";
import { add, mul, openEngine, read, scope, sub, sum, type Tensor, tensor } from "../../core/engine/mod.ts";
import { fold, normals, rootKey } from "../../core/base/random.ts";
import { logAbsDet } from "../flows/helpers.ts";
import { buildSmall, fits, relativeError, smallPlugins } from "./small.ts";
import { sizeOf } from "../../core/base/shape.ts";

await openEngine("wasm");
const key = rootKey(10);

const draw = (name: string, shape: readonly number[], scale = 1): Tensor =>
  tensor(normals(fold(key, name), sizeOf({ shape })).map((v) => scale * v), shape);

/** `params + step * direction`, a random direction unless given. */
const moved = (params: Params, step: number, direction?: Params): Params =>
  scope(() =>
    Object.fromEntries(
      Object.entries(params).map((
        [name, p],
      ) => [name, add(p, mul(direction?.[name] ?? draw(name, p.shape), step))]),
    )
  );

/** Images and vectors: a flow serves at least one of them. */
const SHAPES = [{ x: [8, 8, 1], context: [8, 8, 2] }, { x: [3], context: [5] }];

for (const small of smallPlugins("flow")) {
  const { kind } = small.plugin;

  /** Runs a test on the flow for each kind of space it can be built and used for, its weights off the identity. */
  const onFlows = async (test: (flow: Flow, inputs: Inputs) => Promise<void>) => {
    let fitting = 0;
    for (const shapes of SHAPES) {
      if (!await fits(small, { specFolder: ".", flow: shapes })) continue;
      const flow = await buildSmall(small, shapes);
      const x = draw("x", [6, ...shapes.x]), context = draw("context", [6, ...shapes.context]);
      const start = scope(() => flow.init(key, { x, context }));
      fitting++;
      await test(flow, { params: moved(start, 0.05), x, context });
    }
    assert(fitting > 0, `flow ${kind} fits neither images nor vectors`);
  };

  Deno.test(`flow ${kind}: inverse undoes forward, and z has the shape of x`, () =>
    onFlows(async (flow, { params, x, context }) => {
      const { z, logdet } = flow.forward(params, x, context);
      assertEquals([z.shape, logdet.shape], [x.shape, [x.shape[0]]]);
      assertGreater(relativeError(await read(z), await read(x)), 1e-3);
      assertLess(relativeError(await read(flow.inverse(params, z, context)), await read(x)), 1e-4);
    }));

  Deno.test(`flow ${kind}: a step against the gradient lowers the loss by its length`, () =>
    onFlows(async (flow, { params, x, context }) => {
      const { loss, gradient } = flow.lossAndGradient(params, x, context);
      assertEquals(Object.keys(gradient).sort(), Object.keys(params).sort());
      let square = 0;
      for (const g of Object.values(gradient)) square += (await read(sum(mul(g, g))))[0];
      const [before] = await read(loss), step = 2e-3 / Math.sqrt(square);
      const [after] = await read(flow.lossAndGradient(moved(params, -step, gradient), x, context).loss);
      assertAlmostEquals((before - after) / (step * square), 1, 0.1);
    }));

  Deno.test(`flow ${kind}: pullback finds z and logdet again, and the derivative of a loss of x and logdet`, () =>
    onFlows(async (flow, { params, x, context }) => {
      const { z, logdet } = flow.forward(params, x, context), dx = draw("dx", x.shape), dlogdet = -0.5;
      const pulled = flow.pullback(params, x, context, { dx, dlogdet });
      assertLess(relativeError(await read(pulled.z), await read(z)), 1e-5);
      assertLess(relativeError(await read(pulled.logdet), await read(logdet)), 1e-4);
      const direction = draw("dz", z.shape), h = 3e-3;
      const loss = async (step: number) => {
        const there = flow.inverse(params, add(z, mul(direction, step)), context);
        const own = flow.forward(params, there, context).logdet;
        return (await read(sum(mul(there, dx))))[0] + dlogdet * (await read(sum(own)))[0];
      };
      const numeric = (await loss(h) - await loss(-h)) / (2 * h);
      const [exact] = await read(sum(mul(pulled.dz, direction)));
      assertAlmostEquals(numeric / exact, 1, 2e-2);
    }));

  Deno.test(`flow ${kind}: backward finds the derivatives of a loss of z and logdet by x and by every parameter`, () =>
    onFlows(async (flow, { params, x, context }) => {
      const dz = draw("dz", x.shape), dlogdet = 0.7;
      const loss = async ({ x, ...own }: Record<string, Tensor>) => {
        const { z, logdet } = flow.forward(own, x, context);
        return (await read(add(sum(mul(z, dz)), mul(sum(logdet), dlogdet))))[0];
      };
      const { z } = flow.forward(params, x, context);
      const { dx, gradient } = flow.backward(params, z, context, { dz, dlogdet });
      for (const part of [{ x: dx }, gradient] as Params[]) {
        let square = 0;
        for (const g of Object.values(part)) square += (await read(sum(mul(g, g))))[0];
        const step = 5e-3 / Math.sqrt(square), at = { ...params, x };
        const to = (h: number) =>
          loss({
            ...at,
            ...moved(Object.fromEntries(Object.keys(part).map((name) => [name, at[name as "x"]])), h, part),
          });
        assertAlmostEquals((await to(step) - await to(-step)) / (2 * step * square), 1, 2e-2);
      }
    }));

  Deno.test(`flow ${kind}: its cost counts every weight once per pixel that it meets`, () =>
    onFlows(async (flow, { params }) => {
      const { flops } = small.plugin.cost!(small.options, { shapes: flow.shapes }) as FlowCost;
      const [height, width] = flow.shapes.x.length === 3 ? flow.shapes.x : [1, 1];
      const counted = Object.entries(params).filter(([name]) => /w[123]$/.test(name)).map(([name, w]) => {
        const level = Number(/level(\d)/.exec(name)?.[1] ?? 0);
        return 2 * w.size * (height === 1 ? 1 : height * width / 4 ** (level + 1));
      });
      assertEquals(flops, await Promise.resolve(counted.reduce((a, b) => a + b)));
    }));
}

interface Inputs {
  readonly params: Params;
  readonly x: Tensor;
  readonly context: Tensor;
}

/** Latents of vectors and of images. */
const LATENTS = [[5], [4, 6, 1]];

for (const small of smallPlugins("correction")) {
  const { kind } = small.plugin, correction = await buildSmall(small, {});
  if (correction.changes !== "latents") continue;

  /** Runs a test for latents of each kind of space. */
  const onLatents = async (test: (correction: LatentCorrection, z: Tensor) => Promise<void>) => {
    for (const shape of LATENTS) await test(correction, draw("z", [16, ...shape]));
  };

  Deno.test(`correction ${kind}: it starts as the identity`, () =>
    onLatents(async (correction, z) => {
      const start = correction.apply(correction.init(key, z.shape.slice(1)), z);
      assertEquals(start.z.shape, z.shape);
      assertLess(relativeError(await read(start.z), await read(z)), 1e-6);
      assertLess(Math.max(...(await read(start.logdet)).map(Math.abs)), 1e-5);
    }));

  Deno.test(`correction ${kind}: logdet is that of the dense Jacobian`, () =>
    onLatents(async (correction, z) => {
      const shape = z.shape.slice(1), params = moved(correction.init(key, shape), 0.2);
      const at = (await read(z)).slice(0, z.size / z.shape[0]), h = 1e-2, one = [1, ...shape];
      const columns: Float32Array[] = [];
      for (let j = 0; j < at.length; j++) {
        const there = (step: number) =>
          read(correction.apply(params, tensor(at.map((v, i) => i === j ? v + step : v), one)).z);
        const [plus, minus] = [await there(h), await there(-h)];
        columns.push(plus.map((v, i) => (v - minus[i]) / (2 * h)));
      }
      const rows = at.reduce<number[][]>((all, _, i) => [...all, columns.map((column) => column[i])], []);
      const [logdet] = await read(correction.apply(params, tensor(at, one)).logdet);
      assertAlmostEquals(logAbsDet(rows), logdet, 5e-3 * at.length);
    }));

  Deno.test(`correction ${kind}: its gradient agrees with finite differences`, () =>
    onLatents(async (correction, z) => {
      const pull = draw("pull", z.shape.slice(1));
      /** `mean_n(1/2 |z'|^2 + pull . z' - logdet)`. */
      const objective = async (params: Params) => {
        const { z: there, logdet } = correction.apply(params, z);
        const parts = [mul(sum(mul(there, there)), 0.5), sum(mul(there, pull)), mul(sum(logdet), -1)];
        return (await read(parts.reduce((a, b) => add(a, b))))[0] / z.shape[0];
      };
      const params = moved(correction.init(key, z.shape.slice(1)), 0.2);
      const there = correction.apply(params, z).z,
        gradient = correction.gradient(params, z, add(there, pull));
      assertEquals(Object.keys(gradient).sort(), Object.keys(params).sort());
      for (const name of Object.keys(params)) {
        const norm = Math.sqrt((await read(sum(mul(gradient[name], gradient[name]))))[0]), h = 3e-3;
        const direction = { ...scope(() => zeroed(params)), [name]: mul(gradient[name], 1 / norm) };
        const numeric = await objective(moved(params, h, direction)) -
          await objective(moved(params, -h, direction));
        assertAlmostEquals(numeric / (2 * h) / norm, 1, 5e-2, name);
      }
    }));
}

function zeroed(params: Params): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(params).map(([name, p]) => [name, sub(p, p)]));
}

for (const small of smallPlugins("optimizer")) {
  Deno.test(`optimizer ${small.plugin.kind}: a hundred steps lower a quadratic tenfold, at the rate that is asked`, async () => {
    const optimizer = await buildSmall(small, {}), start = { a: draw("a", [3, 2]), b: draw("b", [5]) };
    const energy = async (p: Params) => (await read(add(sum(mul(p.a, p.a)), sum(mul(p.b, p.b)))))[0];
    const before = await read(start.a);
    let params: Params = start, state = optimizer.init(params);
    for (let step = 0; step < 100; step++) {
      ({ params, state } = optimizer.step(params, params, state, { step, rate: optimizer.rate }));
    }
    assertLess(await energy(params), 0.1 * await energy(start));
    assertEquals(await read(start.a), before, "a step changed the parameters that it was given");
    const still = optimizer.step(start, start, optimizer.init(start), { step: 0, rate: 0 });
    assertLess(relativeError(await read(still.params.a), before), 1e-6);
  });
}
