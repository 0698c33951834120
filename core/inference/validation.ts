import type { Flow, Params } from "../contracts/flow.ts";
import type { TrainingSpec } from "../contracts/spec.ts";
import { dispose, read, scope } from "../engine/mod.ts";
import { fold, type Key } from "../base/random.ts";
import { batchTensors, makeBatch } from "./batches.ts";
import type { Pairs } from "./simulate.ts";
import type { Standardization } from "./standardize.ts";

/** Mean conditional negative log-likelihood of held-out pairs, nats per dimension. */
export async function validationLoss(
  { flow, pairs, standardization, settings }: {
    flow: Flow;
    pairs: Pairs;
    standardization: Standardization;
    settings: Pick<TrainingSpec, "batch" | "jitter">;
  },
  params: Params,
  { key, indices }: { key: Key; indices: Uint32Array },
): Promise<number> {
  let total = 0;
  for (let at = 0; at < indices.length; at += settings.batch) {
    const batch = makeBatch(pairs, indices.subarray(at, at + settings.batch), {
      standardization,
      settings: { flips: [], jitter: settings.jitter },
      key: fold(key, at),
    });
    const losses = scope(() => {
      const { x, context } = batchTensors(standardization, batch);
      return flow.loss(params, x, context);
    });
    for (const loss of await read(losses)) total += loss;
    dispose({ losses });
  }
  return total / indices.length;
}
