import type { FlatParams, Tensor } from "../engine/mod.ts";
import type { FlowShapes, Params } from "./flow.ts";
import type { Declaration } from "./spec.ts";

/** Flat values of a batch in flow coordinates. */
export interface Batch {
  readonly n: number;
  readonly x: Float32Array;
  readonly context: Float32Array;
}

/** The training loss of a batch and its gradient; the caller owns the tensors. */
export type LossAndGradient = (params: Params, batch: Batch) => Promise<{ loss: Tensor; gradient: Params }>;

/** The messages to the gradient worker. Arrays are flat. */
export type GradientRequest =
  | { readonly kind: "open"; readonly flow: Declaration; readonly shapes: FlowShapes }
  | { readonly kind: "step"; readonly params: FlatParams; readonly batch: Batch };

export type GradientReply =
  | { readonly loss: number; readonly gradient: FlatParams }
  | { readonly error: string };
