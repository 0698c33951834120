import { assert, assertEquals, assertLess } from "@std/assert";
import { dispose, openEngine, read, scope } from "../../../core/engine/mod.ts";
import { fold, rootKey } from "../../../core/base/random.ts";
import { glowFlow } from "../../../flows/networks/glow.ts";
import { hintFlow } from "../../../flows/networks/hint.ts";
import { adapterAvailable } from "../../available.ts";
import { perturbed, randomTensor } from "../../flows/helpers.ts";

const shapes = { x: [8, 8, 1], context: [8, 8, 1] };
const key = rootKey(21);

/** Loss, gradient, inverse and pullback of a flow on the open engine, as plain arrays. */
async function outputs(flow: ReturnType<typeof glowFlow>): Promise<Record<string, Float32Array>> {
  const x = randomTensor(fold(key, "x"), [3, ...shapes.x]),
    context = randomTensor(fold(key, "y"), [3, ...shapes.context]);
  const params = perturbed(scope(() => flow.init(key, { x, context })), key, 0.05);
  const { loss, gradient } = flow.lossAndGradient(params, x, context);
  const pulled = flow.pullback(params, x, context, { dx: context, dlogdet: -1 });
  const all = { loss, ...gradient, inverse: flow.inverse(params, x, context), ...pulled };
  const values = Object.fromEntries(
    await Promise.all(Object.entries(all).map(async ([name, t]) => [name, await read(t)] as const)),
  );
  dispose(params);
  return values;
}

Deno.test({
  name: "WebGPU and WASM agree on a flow's loss, gradients, samples and pullback",
  ignore: !await adapterAvailable(),
  async fn() {
    for (
      const flow of [
        glowFlow({ levels: 2, depth: 2, hidden: 8, shapes }),
        hintFlow({ depth: 2, hidden: 8, shapes }),
      ]
    ) {
      assertEquals((await openEngine("wasm")).name, "wasm");
      const wasm = await outputs(flow);
      assertEquals((await openEngine("webgpu")).name, "webgpu");
      const webgpu = await outputs(flow);
      for (const [name, values] of Object.entries(wasm)) {
        const scale = Math.max(...values.map(Math.abs));
        assert(scale > 0, `${name} is all zero`);
        values.forEach((v, i) => assertLess(Math.abs(v - webgpu[name][i]), 1e-4 * scale + 1e-7, name));
      }
    }
  },
});
