import type { Flow, Params } from "../../core/contracts/flow.ts";
import { dispose, openEngine, parallelGradient, read, scope, tensor } from "../../core/engine/mod.ts";
import { fold, normals, rootKey } from "../../core/random.ts";
import { registry } from "../../mod.ts";
import { adamOptimizer } from "../../flows/optimizers/adam.ts";
import type { Measurement } from "./main.ts";

const SIDE = 64, BATCH = 16;
const shapes = { x: [SIDE, SIDE, 1], context: [SIDE, SIDE, 2] };
const FLOWS = [{ kind: "glow", levels: 2, depth: 8, hidden: 64 }, { kind: "hint", depth: 8, hidden: 32 }];
const adam = adamOptimizer({ rate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clip: 1 });

const values = (name: string, n: number) => normals(fold(rootKey(1), name), n * SIDE * SIDE);
const images = (name: string, n: number) => tensor(values(name, n), [n, ...shapes.x]);
const contexts = (n: number) => tensor(values("context", 2 * n), [n, ...shapes.context]);

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
  const x = images("x", BATCH), context = contexts(BATCH);
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
  const context = contexts(BATCH), first = contexts(1), z = images("z", BATCH), one = images("one", 1);
  const params: Params = scope(() => flow.init(rootKey(2), { x: z, context }));
  const correction = await fastest(async () => {
    const { dz } = scope(() => flow.pullback(params, flow.inverse(params, one, first), first, one));
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

/** Milliseconds of loss and gradient alone, the batch over so many workers. */
async function parallelStep(
  flow: Flow,
  { declaration, workers }: { declaration: (typeof FLOWS)[number]; workers: number },
): Promise<number> {
  const script = new URL("../../flows/gradient_worker.ts", import.meta.url);
  const gradients = parallelGradient({ flow: declaration, shapes, workers, script });
  const batch = { n: BATCH, x: values("x", BATCH), context: values("context", 2 * BATCH) };
  const params = scope(() => flow.init(rootKey(2), { x: images("x", BATCH), context: contexts(BATCH) }));
  const time = await fastest(async () => {
    const { loss, gradient } = await gradients.lossAndGradient(params, batch);
    await read(loss);
    for (const old of [gradient, { loss }]) dispose(old);
  });
  gradients.close();
  return time;
}

/** Speed of the image flows on the wasm engine. */
export async function* bench(): AsyncIterable<Measurement> {
  await openEngine("wasm");
  for (const declaration of FLOWS) {
    const { kind, depth, hidden, ...rest } = declaration, plugin = registry.get("flow", kind);
    const flow = await plugin.build({ depth, hidden, ...rest }, shapes) as Flow;
    const name = `${kind}, depth ${depth}, hidden ${hidden}, ${SIDE} px`;
    yield { name: `training step, ${name}, batch ${BATCH}`, value: await trainingStep(flow), unit: "ms" };
    const value = await parallelStep(flow, { declaration, workers: 2 });
    yield { name: `gradient on 2 workers, ${name}, batch ${BATCH}`, value, unit: "ms" };
    const { correction, sampling } = await inference(flow);
    yield { name: `inverse and pullback, ${name}, batch 1`, value: correction, unit: "ms" };
    yield { name: `samples, ${name}, batch ${BATCH}`, value: BATCH / sampling * 1e3, unit: "1/s" };
  }
}
