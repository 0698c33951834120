import type { FlowShapes } from "../contracts/flow.ts";
import type { Batch, GradientReply, GradientRequest, LossAndGradient } from "../contracts/gradient.ts";
import type { Declaration } from "../contracts/spec.ts";
import { add, type FlatParams, flatten, mul, scalar, scope, type Tensor, unflatten } from "../engine/mod.ts";

interface ParallelGradient {
  readonly lossAndGradient: LossAndGradient;
  close(): void;
}

/**
 * Data-parallel gradients: each worker holds the flow on a wasm engine of its own and takes an equal part of the
 * batch; parts are summed in a fixed order, so a run repeats bitwise for the same number of workers.
 */
export function parallelGradient(
  { flow, shapes, workers, script }: { flow: Declaration; shapes: FlowShapes; workers: number; script: URL },
): ParallelGradient {
  const pool = Array.from({ length: workers }, () => new Worker(script, { type: "module" }));
  const ask = (worker: Worker, request: GradientRequest) =>
    new Promise<GradientReply>((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        resolve({ error: event.message });
      };
      worker.postMessage(request);
    });
  let opened: Promise<GradientReply[]> | undefined;
  return {
    async lossAndGradient(params, batch) {
      opened ??= Promise.all(pool.map((worker) => ask(worker, { kind: "open", flow, shapes })));
      (await opened).forEach(check);
      const flat = await flatten(params), parts = splitBatch(batch, workers);
      const replies = await Promise.all(
        parts.map((part, i) => ask(pool[i], { kind: "step", params: flat, batch: part })),
      );
      return weightedSum(replies.map(check), parts.map((part) => part.n / batch.n));
    },
    close: () => pool.forEach((worker) => worker.terminate()),
  };
}

function check(reply: GradientReply): Extract<GradientReply, { loss: number }> {
  if ("error" in reply) throw new Error(`A training worker failed: ${reply.error}`);
  return reply;
}

/** Contiguous parts of nearly equal size; fewer than asked for where the batch is smaller. */
function splitBatch({ n, x, context }: Batch, parts: number): Batch[] {
  const count = Math.min(parts, n), at = (i: number) => Math.floor(i * n / count);
  return Array.from({ length: count }, (_, i) => {
    const from = at(i) / n, to = at(i + 1) / n;
    const slice = (a: Float32Array) => a.slice(Math.round(from * a.length), Math.round(to * a.length));
    return { n: at(i + 1) - at(i), x: slice(x), context: slice(context) };
  });
}

function weightedSum(replies: readonly { loss: number; gradient: FlatParams }[], weights: readonly number[]) {
  const loss = replies.reduce((sum, reply, i) => sum + weights[i] * reply.loss, 0);
  const gradient = scope(() => {
    const parts = replies.map(({ gradient }) => unflatten(gradient));
    return Object.fromEntries(
      Object.keys(parts[0]).map((name) => [
        name,
        parts.map((part, i) => mul(part[name], weights[i])).reduce((a, b) => add(a, b)),
      ]),
    );
  });
  return { loss: scalar(loss) as Tensor, gradient };
}
