import type { Flow } from "../contracts/flow.ts";
import type { LossAndGradient } from "../contracts/gradient.ts";
import { scope, type Tensor } from "../engine/mod.ts";
import { batchTensors } from "./batches.ts";
import type { Standardization } from "./standardize.ts";

/** Computes on this thread's engine. */
export function localGradient(flow: Flow, standardization: Standardization): LossAndGradient {
  return (params, batch) => {
    const result = scope(() => {
      const { x, context } = batchTensors(standardization, batch);
      const { loss, gradient } = flow.lossAndGradient(params, x, context);
      return { loss, gradient: gradient as Record<string, Tensor> };
    });
    return Promise.resolve(result);
  };
}
