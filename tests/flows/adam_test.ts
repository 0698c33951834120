import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { Params } from "../../core/contracts/flow.ts";
import { openEngine, read, tensor } from "../../core/engine/mod.ts";
import { adamOptimizer } from "../../flows/optimizers/adam.ts";

await openEngine("wasm");

const settings = { rate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clip: 0 };
const start = { a: tensor(Float32Array.of(1, -2), [2]), b: tensor(Float32Array.of(0.5), [1]) };
/** Of |a|^2 / 2 + 3 b. */
const gradientAt = ({ a }: Params) => ({ a, b: tensor(Float32Array.of(3), [1]) });

/** Algorithm 1 of Kingma and Ba (2015) in f64 on one component. */
function reference(p: number, gradientOf: (p: number) => number, steps: number): number {
  let m = 0, v = 0;
  for (let t = 1; t <= steps; t++) {
    const g = gradientOf(p);
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    p -= 0.1 * (m / (1 - 0.9 ** t)) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8);
  }
  return p;
}

Deno.test("five steps of Adam are those of the published algorithm", async () => {
  const adam = adamOptimizer(settings);
  let params: Params = start, state = adam.init(params);
  for (let step = 0; step < 5; step++) {
    ({ params, state } = adam.step(params, gradientAt(params), state, { step, rate: adam.rate }));
  }
  const [a, b] = [await read(params.a), await read(params.b)];
  assertAlmostEquals(a[0], reference(1, (p) => p, 5), 1e-6);
  assertAlmostEquals(a[1], reference(-2, (p) => p, 5), 1e-6);
  assertAlmostEquals(b[0], reference(0.5, () => 3, 5), 1e-6);
});

Deno.test("clipping scales the whole gradient to the given norm, and leaves a smaller one alone", async () => {
  const gradient = { a: tensor(Float32Array.of(0, 3), [2]), b: tensor(Float32Array.of(4), [1]) };
  const momentum = async (clip: number) => {
    const adam = adamOptimizer({ ...settings, clip });
    const { state } = adam.step(start, gradient, adam.init(start), { step: 0, rate: 0.1 });
    return [...await read(state["m/a"]), ...await read(state["m/b"])].map((v) => Math.round(1e5 * v) / 1e4);
  };
  assertEquals(await momentum(1), [0, 0.6, 0.8]);
  assertEquals(await momentum(6), [0, 3, 4]);
});

Deno.test("the rate of a step is the given one, not the optimizer's first", async () => {
  const adam = adamOptimizer(settings);
  const { params } = adam.step(start, gradientAt(start), adam.init(start), { step: 0, rate: 0 });
  assertEquals([...await read(params.a)], [1, -2]);
});
