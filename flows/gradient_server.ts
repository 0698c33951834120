import type { Flow, FlowShapes } from "../core/contracts/flow.ts";
import type { GradientReply, GradientRequest } from "../core/contracts/gradient.ts";
import type { Declaration } from "../core/contracts/spec.ts";
import { dispose, flatten, read, scope, type Tensor, tensor, unflatten } from "../core/engine/mod.ts";

/** Answers one request in a worker; `build` makes the flow that the first request declares. */
export function gradientServer(
  build: (flow: Declaration, shapes: FlowShapes) => Promise<Flow>,
): (request: GradientRequest) => Promise<GradientReply> {
  let opened: { flow: Flow; shapes: FlowShapes } | undefined;
  return async (request) => {
    try {
      if (request.kind === "open") {
        opened = { flow: await build(request.flow, request.shapes), shapes: request.shapes };
        return { loss: 0, gradient: {} };
      }
      const { flow, shapes } = opened!, { n, x, context } = request.batch;
      const result = scope(() => {
        const params = unflatten(request.params);
        const inputs = [tensor(x, [n, ...shapes.x]), tensor(context, [n, ...shapes.context])] as const;
        const { loss, gradient } = flow.lossAndGradient(params, ...inputs);
        return { loss, gradient: gradient as Record<string, Tensor> };
      });
      const reply = { loss: (await read(result.loss))[0], gradient: await flatten(result.gradient) };
      dispose({ loss: result.loss });
      dispose(result.gradient);
      return reply;
    } catch (error) {
      return { error: String(error) };
    }
  };
}
