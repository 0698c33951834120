import { assertEquals, assertLess } from "@std/assert";
import type { Params } from "../../core/contracts/flow.ts";
import {
  convolve,
  joinChannels,
  matMul,
  openEngine,
  read,
  relu,
  reshape,
  scope,
  softmax,
  tensor,
  zeros,
} from "../../core/engine/mod.ts";
import { fold, normals, rootKey } from "../../core/base/random.ts";
import { affine } from "../../flows/layers/affine.ts";
import { channelsOf, type Conditions, convolutionConditioner } from "../../flows/layers/conditioner.ts";
import { coupling } from "../../flows/layers/coupling.ts";
import { tapeConditioner } from "../../flows/layers/tape_conditioner.ts";
import { couplingFlow } from "../../flows/networks/coupling.ts";
import { glowFlow } from "../../flows/networks/glow.ts";
import { perturbed, randomTensor, relativeError } from "./helpers.ts";

await openEngine("wasm");

const key = rootKey(12), explicit = convolutionConditioner({ hidden: 6, kernel: 3 });

/** The built-in conditioner as a user would write it. */
function convolutions(p: Params, { input, context }: Conditions) {
  const parts = [input, context].filter((t) => t !== undefined);
  const h1 = relu(convolve(joinChannels(parts), { filter: p.w1, bias: p.b1 }));
  const h2 = relu(convolve(h1, { filter: p.w2, bias: p.b2 }));
  return convolve(h2, { filter: p.w3, bias: p.b3 });
}
const taped = tapeConditioner({ init: explicit.init, apply: convolutions });

Deno.test("a conditioner by the tape gives the built-in one's gradients in a coupling", async () => {
  const x = randomTensor(fold(key, "x"), [2, 4, 6, 4]);
  const context = randomTensor(fold(key, "context"), [2, 4, 6, 3]);
  const layers = [explicit, taped].map((conditioner) =>
    coupling({ conditioner, transform: affine, contextGradient: true })
  );
  const params = perturbed(layers[0].init(key, { x, context }), key, 0.2);
  const y = layers[0].forward(params, x, context).y, dy = randomTensor(fold(key, "dy"), y.shape);
  const [ours, theirs] = layers.map((layer) => layer.backward(params, y, { dy, dlogdet: -0.7 }, context));
  assertLess(await relativeError(theirs.dx, ours.dx), 1e-6);
  assertLess(await relativeError(theirs.dcontext!, ours.dcontext!), 1e-6);
  assertEquals(Object.keys(theirs.dparams).sort(), Object.keys(params).sort());
  for (const name of Object.keys(params)) {
    assertLess(await relativeError(theirs.dparams[name], ours.dparams[name]), 1e-6, name);
  }
  const [pulled, pulledToo] = layers.map((layer) =>
    layer.pullback(params, x, { dx: dy, dlogdet: -0.7 }, context)
  );
  assertLess(await relativeError(pulledToo.dy, pulled.dy), 1e-6);
});

Deno.test("a deep network with a conditioner by the tape has the built-in one's gradient", async () => {
  const shapes = { x: [8, 8, 1], context: [8, 8, 1] };
  const flows = [explicit, taped].map((conditioner) =>
    glowFlow({ levels: 2, depth: 6, conditioner, shapes })
  );
  const x = randomTensor(fold(key, "x"), [4, 8, 8, 1]), context = randomTensor(fold(key, "c"), x.shape);
  const params = perturbed(scope(() => flows[0].init(key, { x, context })), key, 0.05);
  const [ours, theirs] = flows.map((flow) => flow.lossAndGradient(params, x, context).gradient);
  for (const name of Object.keys(params)) {
    assertLess(await relativeError(theirs[name], ours[name]), 1e-5, name);
  }
});

Deno.test("a conditioner of another kind, with gates, follows its loss", async () => {
  const gated = tapeConditioner({
    init(key, { input, context }, outputs) {
      const inputs = channelsOf(input) + channelsOf(context);
      return {
        gate: tensor(normals(fold(key, "gate"), inputs * 4), [inputs, 4]),
        out: zeros([4, outputs]),
      };
    },
    apply({ gate, out }, { input, context }) {
      const x = joinChannels([input, context].filter((t) => t !== undefined));
      const rows = reshape(x, [-1, channelsOf(x)]);
      return reshape(matMul(softmax(matMul(rows, gate)), out), [...x.shape.slice(0, 3), out.shape[1]!]);
    },
  });
  const shapes = { x: [3], context: [2] }, flow = couplingFlow({ depth: 3, conditioner: gated, shapes });
  const x = randomTensor(fold(key, "x"), [16, 3]), context = randomTensor(fold(key, "c"), [16, 2]);
  const params = perturbed(scope(() => flow.init(key, { x, context })), key, 0.3);
  const { gradient } = flow.lossAndGradient(params, x, context);
  for (const name of Object.keys(params).filter((name) => /gate|out/.test(name))) {
    const direction = randomTensor(fold(key, name), params[name].shape), h = 1e-2;
    const at = async (step: number) => {
      const there = { ...params, [name]: params[name].add(direction.mul(step)) };
      return (await read(flow.lossAndGradient(there, x, context).loss))[0];
    };
    const [exact] = await read(gradient[name].mul(direction).sum());
    assertLess(Math.abs((await at(h) - await at(-h)) / (2 * h) - exact), 2e-4 + 1e-2 * Math.abs(exact), name);
  }
});
