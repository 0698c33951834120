import type { Flow, Params } from "../../core/contracts/flow.ts";
import { dispose, openEngine, read, scope, tensor } from "../../core/engine/mod.ts";
import { fold, normals, rootKey } from "../../core/random.ts";
import { glowFlow } from "../../flows/networks/glow.ts";
import { hintFlow } from "../../flows/networks/hint.ts";
import { adamOptimizer } from "../../flows/optimizers/adam.ts";

interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

const SIDE = 64, BATCH = 16;
const shapes = { x: [SIDE, SIDE, 1], context: [SIDE, SIDE, 1] };
const adam = adamOptimizer({ rate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clip: 1 });

const images = (name: string, n: number) =>
  tensor(normals(fold(rootKey(1), name), n * SIDE * SIDE), [n, SIDE, SIDE, 1]);

/** The fastest of `repeats` runs in milliseconds, after one that warms up. */
async function fastest(work: () => Promise<void>, repeats = 5): Promise<number> {
  await work();
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return Math.min(...times);
}

/** Milliseconds of loss, gradient and Adam on one batch of 64 x 64 images. */
async function trainingStep(flow: Flow): Promise<number> {
  const x = images("x", BATCH), context = images("context", BATCH);
  let params = scope(() => flow.init(rootKey(2), { x, context })), state = scope(() => adam.init(params));
  let step = 0;
  const time = await fastest(async () => {
    const next = scope(() => {
      const { loss, gradient } = flow.lossAndGradient(params, x, context);
      return { loss, ...adam.step(params, gradient, state, { step: step++, rate: 1e-4 }) };
    });
    await read(next.loss);
    for (const old of [params, state, { loss: next.loss }]) dispose(old);
    ({ params, state } = next);
  });
  for (const old of [params, state, { x, context }]) dispose(old);
  return time;
}

/** Milliseconds of one correction step's flow part (inverse, pullback), and of sampling a batch. */
async function inference(flow: Flow): Promise<{ correction: number; sampling: number }> {
  const context = images("context", BATCH), z = images("z", BATCH), one = images("one", 1);
  const params: Params = scope(() => flow.init(rootKey(2), { x: z, context }));
  const correction = await fastest(async () => {
    const { dz } = scope(() => flow.pullback(params, flow.inverse(params, one, one), one, one));
    await read(dz);
    dispose({ dz });
  });
  const sampling = await fastest(async () => {
    const x = scope(() => flow.inverse(params, z, context));
    await read(x);
    dispose({ x });
  });
  return { correction, sampling };
}

/** Speed of the image flows on one core of the wasm engine. */
export async function* bench(): AsyncIterable<Measurement> {
  await openEngine("wasm");
  const flows = {
    "glow, depth 8, hidden 64": glowFlow({ levels: 2, depth: 8, hidden: 64, shapes }),
    "hint, depth 8, hidden 32": hintFlow({ depth: 8, hidden: 32, shapes }),
  };
  for (const [name, flow] of Object.entries(flows)) {
    yield { name: `training step, ${name}, 64 px, batch 16`, value: await trainingStep(flow), unit: "ms" };
    const { correction, sampling } = await inference(flow);
    yield { name: `inverse and pullback, ${name}, 64 px, batch 1`, value: correction, unit: "ms" };
    yield { name: `samples, ${name}, 64 px, batch 16`, value: BATCH / sampling * 1e3, unit: "1/s" };
  }
}

if (import.meta.main) {
  for await (const { name, value, unit } of bench()) console.log(`${name}: ${value.toFixed(0)} ${unit}`);
}
