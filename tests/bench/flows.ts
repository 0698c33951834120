import * as tf from "@tensorflow/tfjs";
import type { Flow, Params } from "../../core/contracts/flow.ts";
import { dispose, openEngine, read, scope, tensor } from "../../core/engine/mod.ts";
import { fold, normals, rootKey } from "../../core/base/random.ts";
import { parallelGradient } from "../../core/inference/parallel_gradient.ts";
import { adamOptimizer } from "../../flows/optimizers/adam.ts";
import { registry } from "../../mod.ts";
import type { Measurement } from "./main.ts";

/** A network at a size, and how much of it is measured. */
interface Point {
  readonly flow: { readonly kind: string; readonly depth: number; readonly hidden: number };
  readonly side: number;
  readonly batch: number;
}

const shapesAt = (side: number) => ({ x: [side, side, 1], context: [side, side, 2] });
const glow = (steps: number, hidden: number) => ({ kind: "glow", levels: 2, depth: steps / 2, hidden });

/** What a change is judged by; the grid and the large images come after, since they take long. */
const MAIN: readonly Point[] = [
  { flow: glow(12, 64), side: 64, batch: 16 },
  { flow: { kind: "hint", depth: 12, hidden: 64 }, side: 64, batch: 16 },
];
const GRID: readonly Point[] = [32, 64, 128].flatMap((hidden) =>
  [4, 12, 24].map((steps) => ({ flow: glow(steps, hidden), side: 64, batch: 16 }))
);
const LARGE: readonly Point[] = [
  ...[4, 24].map((steps) => ({ flow: glow(steps, 32), side: 256, batch: 4 })),
  // The size of the published network, one image at a time.
  { flow: glow(12, 128), side: 256, batch: 1 },
  { flow: { kind: "hint", depth: 12, hidden: 128 }, side: 256, batch: 1 },
];

const adam = adamOptimizer({ rate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clip: 1 });

const values = (name: string, n: number) => normals(fold(rootKey(1), name), n);
const images = (name: string, n: number, side: number) =>
  tensor(values(name, n * side ** 2), [n, ...shapesAt(side).x]);
const contexts = (n: number, side: number) =>
  tensor(values("context", 2 * n * side ** 2), [n, ...shapesAt(side).context]);

/** The fastest of three runs in milliseconds, after one that warms up. */
async function fastest(work: () => Promise<void>): Promise<number> {
  await work();
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return Math.min(...times);
}

/** Milliseconds of loss, gradient and Adam, and the most bytes of tensors within one gradient. */
async function trainingStep(flow: Flow, { side, batch }: Point): Promise<{ time: number; bytes: number }> {
  const x = images("x", batch, side), context = contexts(batch, side);
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
  const bytes = await peakBytes(flow, { params, x, context });
  for (const old of [params, state, { x, context }]) dispose(old);
  return { time, bytes };
}

/** Bytes within one gradient beyond those alive before it; the gradient itself is not counted. */
async function peakBytes(
  flow: Flow,
  { params, x, context }: { params: Params; x: tf.Tensor; context: tf.Tensor },
): Promise<number> {
  const before = tf.memory().numBytes, own = Object.values(params).reduce((sum, p) => sum + 4 * p.size, 0);
  let gradient: Params = {};
  const profile = await tf.profile(() => {
    const { loss, gradient: all } = scope(() => {
      const out = flow.lossAndGradient(params, x, context);
      return { loss: out.loss, gradient: out.gradient as Record<string, tf.Tensor> };
    });
    gradient = all;
    return loss;
  });
  dispose({ ...gradient, loss: profile.result as tf.Tensor });
  return profile.peakBytes - before - own;
}

/** Milliseconds of one correction step's flow part (inverse, pullback), and of sampling a batch. */
async function inference(
  flow: Flow,
  { side, batch }: Point,
): Promise<{ correction: number; sampling: number }> {
  const context = contexts(batch, side), first = contexts(1, side);
  const z = images("z", batch, side), one = images("one", 1, side);
  const params: Params = scope(() => flow.init(rootKey(2), { x: z, context }));
  const correction = await fastest(async () => {
    const { dz } = scope(() => {
      const x = flow.inverse(params, one, first);
      return { dz: flow.pullback(params, x, first, { dx: one, dlogdet: 0 }).dz };
    });
    await read(dz);
    dispose({ dz });
  });
  const sampling = await fastest(async () => {
    const x = scope(() => flow.inverse(params, z, context));
    await read(x);
    dispose({ x });
  });
  for (const old of [params, { context, first, z, one }]) dispose(old);
  return { correction, sampling };
}

/** Milliseconds of loss and gradient alone, the batch over so many workers on the wasm engine. */
async function parallelStep(flow: Flow, point: Point, workers: number): Promise<number> {
  const { side, batch: n, flow: declaration } = point, shapes = shapesAt(side);
  const script = new URL("../../flows/gradient_worker.ts", import.meta.url);
  const gradients = parallelGradient({ flow: declaration, shapes, workers, script });
  const batch = { n, x: values("x", n * side ** 2), context: values("context", 2 * n * side ** 2) };
  const params = scope(() => flow.init(rootKey(2), { x: images("x", n, side), context: contexts(n, side) }));
  const time = await fastest(async () => {
    const { loss, gradient } = await gradients.lossAndGradient(params, batch);
    await read(loss);
    for (const old of [gradient, { loss }]) dispose(old);
  });
  gradients.close();
  dispose(params);
  return time;
}

/** The measurements of one point; `full` adds workers (of the wasm engine) and inference to the training step. */
async function* measure(
  point: Point,
  { engine, full }: { engine: string; full: boolean },
): AsyncIterable<Measurement> {
  const { flow: { kind, ...options }, side, batch } = point;
  const flow = await registry.get("flow", kind).build(
    registry.get("flow", kind).schema.parse(options),
    shapesAt(side),
  ) as Flow;
  const steps = options.depth * ("levels" in options ? Number(options.levels) : 1);
  const name = `${kind}, depth ${steps}, hidden ${options.hidden}, ${side} px, ${engine}`;
  const { time, bytes } = await trainingStep(flow, point);
  yield { name: `training step, ${name}, batch ${batch}`, value: time, unit: "ms" };
  yield { name: `peak tensors, ${name}, batch ${batch}`, value: bytes / 2 ** 20, unit: "MiB" };
  if (!full) return;
  const { correction, sampling } = await inference(flow, point);
  yield { name: `inverse and pullback, ${name}, batch 1`, value: correction, unit: "ms" };
  yield { name: `samples, ${name}, batch ${batch}`, value: batch / sampling * 1e3, unit: "1/s" };
  for (const workers of engine === "wasm" ? [1, 2] : []) {
    const value = await parallelStep(flow, point, workers);
    yield { name: `gradient on ${workers} workers, ${name}, batch ${batch}`, value, unit: "ms" };
  }
}

/** Speed and memory of the image flows, on the wasm engine and on a GPU where there is one. */
export async function* bench(): AsyncIterable<Measurement> {
  const plan = [[MAIN, true], [GRID, false], [LARGE, true]] as const;
  const { name: best } = await openEngine("auto");
  for (const engine of best === "webgpu" ? ["wasm", "webgpu"] as const : ["wasm"] as const) {
    await openEngine(engine);
    for (const [points, full] of plan) {
      for (const point of points) yield* measure(point, { engine, full });
    }
  }
}
