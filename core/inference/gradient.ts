import type { Flow } from "../contracts/flow.ts";
import { type LossAndGradient, scope, type Tensor, tensor } from "../engine/mod.ts";
import { batchShapes } from "./batches.ts";
import type { Standardization } from "./standardize.ts";

/** Computes on this thread's engine. */
export function localGradient(flow: Flow, standardization: Standardization): LossAndGradient {
  return (params, batch) => {
    const shapes = batchShapes(standardization, batch.n);
    const result = scope(() => {
      const x = tensor(batch.x, shapes.x), context = tensor(batch.context, shapes.context);
      const { loss, gradient } = flow.lossAndGradient(params, x, context);
      return { loss, gradient: gradient as Record<string, Tensor> };
    });
    return Promise.resolve(result);
  };
}
