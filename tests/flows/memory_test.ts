import * as tf from "@tensorflow/tfjs";
import { assertLess } from "@std/assert";
import type { Flow, Params } from "../../core/contracts/flow.ts";
import { openEngine, scope } from "../../core/engine/mod.ts";
import { fold, rootKey } from "../../core/base/random.ts";
import { convolutionConditioner } from "../../flows/layers/conditioner.ts";
import { spline } from "../../flows/layers/spline.ts";
import { tapeConditioner } from "../../flows/layers/tape_conditioner.ts";
import { couplingFlow } from "../../flows/networks/coupling.ts";
import { glowFlow } from "../../flows/networks/glow.ts";
import { hintFlow } from "../../flows/networks/hint.ts";
import { randomTensor } from "./helpers.ts";

await openEngine("wasm");

const key = rootKey(4), image = { x: [32, 32, 1], context: [32, 32, 1] };
const built = convolutionConditioner({ hidden: 16, kernel: 3 });
const byTape = tapeConditioner({ init: built.init, apply: (p, at) => built.evaluate(p, at).output });

const FLOWS: Record<string, (depth: number) => Flow> = {
  glow: (depth) => glowFlow({ levels: 2, depth, hidden: 16, shapes: image }),
  "glow with split": (depth) => glowFlow({ levels: 2, depth, hidden: 16, shapes: image, split: true }),
  "glow with a context encoder": (depth) =>
    glowFlow({ levels: 2, depth, hidden: 16, shapes: image, features: 8 }),
  "glow with conditioners by the tape": (depth) =>
    glowFlow({ levels: 2, depth, conditioner: byTape, shapes: image }),
  hint: (depth) => hintFlow({ depth, hidden: 16, shapes: image }),
  "spline coupling": (depth) =>
    couplingFlow({
      depth,
      hidden: 16,
      shapes: { x: [4], context: [3] },
      transform: spline({ bins: 8, bound: 4 }),
    }),
};

const bytes = (params: Params) => Object.values(params).reduce((sum, p) => sum + 4 * p.size, 0);

/** Peak bytes of tensors within `work`, beyond those alive before and its result. */
async function peakBytes(work: () => Params): Promise<number> {
  const before = tf.memory().numBytes;
  const { peakBytes, result } = await tf.profile(() => scope(() => work() as Record<string, tf.Tensor>));
  return peakBytes - before - bytes(result as Params);
}

/** Of the initialisation, of one loss and gradient, and of one pullback with that of logdet. */
async function peaks(flow: Flow): Promise<{ init: number; gradient: number; pullback: number }> {
  const n = flow.shapes.x.length === 1 ? 2048 : 8;
  const x = randomTensor(fold(key, "x"), [n, ...flow.shapes.x]);
  const context = randomTensor(fold(key, "context"), [n, ...flow.shapes.context]);
  const init = await peakBytes(() => flow.init(key, { x, context }));
  const params = scope(() => flow.init(key, { x, context }));
  const gradient = await peakBytes(() => flow.lossAndGradient(params, x, context).gradient);
  const pullback = await peakBytes(() => flow.pullback(params, x, context, { dx: x, dlogdet: -1 }));
  return { init, gradient, pullback };
}

for (const [name, flowOf] of Object.entries(FLOWS)) {
  Deno.test(`${name}: peak memory of initialisation, gradient and pullback is the same at depth 4 and 24, the results apart`, async () => {
    const [shallow, deep] = [await peaks(flowOf(4)), await peaks(flowOf(24))];
    assertLess(Math.abs(deep.gradient / shallow.gradient - 1), 0.05);
    assertLess(Math.abs(deep.pullback / shallow.pullback - 1), 0.05);
    // The peak may come before all parameters are there: what they take is subtracted too early then.
    assertLess(deep.init, 1.05 * shallow.init);
  });
}
