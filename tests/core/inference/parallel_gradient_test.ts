import { assertEquals, assertLess } from "@std/assert";
import type { Batch } from "../../../core/contracts/gradient.ts";
import { dispose, openEngine, read, scope, tensor } from "../../../core/engine/mod.ts";
import { normals, rootKey } from "../../../core/base/random.ts";
import { parallelGradient } from "../../../core/inference/parallel_gradient.ts";
import { couplingFlow } from "../../../flows/networks/coupling.ts";

await openEngine("wasm");

const shapes = { x: [4], context: [2] };
const flow = couplingFlow({ depth: 2, hidden: 8, shapes });
const declaration = { kind: "coupling", depth: 2, hidden: 8 };
const script = new URL("../../../flows/gradient_worker.ts", import.meta.url);
const n = 7;
const batch: Batch = { n, x: normals(rootKey(1), 4 * n), context: normals(rootKey(2), 2 * n) };
const inputs = { x: tensor(batch.x, [n, 4]), context: tensor(batch.context, [n, 2]) };
const params = scope(() => flow.init(rootKey(3), inputs));

Deno.test("gradients of two workers equal those of one thread, for a batch that does not divide evenly", async () => {
  const pool = parallelGradient({ flow: declaration, shapes, workers: 2, script });
  try {
    const [first, second] = [
      await pool.lossAndGradient(params, batch),
      await pool.lossAndGradient(params, batch),
    ];
    const local = flow.lossAndGradient(params, inputs.x, inputs.context);
    assertLess(Math.abs((await read(first.loss))[0] - (await read(local.loss))[0]), 1e-6);
    for (const name of Object.keys(params)) {
      const [a, again, b] = [
        await read(first.gradient[name]),
        await read(second.gradient[name]),
        await read(local.gradient[name]),
      ];
      assertEquals(a, again, `${name} repeats bitwise`);
      a.forEach((v, i) => assertLess(Math.abs(v - b[i]), 1e-6, name));
    }
    dispose(first.gradient);
    dispose(second.gradient);
  } finally {
    pool.close();
  }
});

Deno.test("an error in a training worker reaches the caller", async () => {
  const pool = parallelGradient({ flow: { kind: "glow", levels: 9 }, shapes, workers: 1, script });
  try {
    const message = await pool.lossAndGradient(params, batch).then(
      () => "no error",
      (error) => error.message,
    );
    assertEquals(message.startsWith("A training worker failed:"), true, message);
  } finally {
    pool.close();
  }
});
