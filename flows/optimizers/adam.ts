import { z } from "zod";
import type { Optimizer, Params } from "../../core/contracts/flow.ts";
import { plugin } from "../../core/registry/plugin.ts";
import {
  adamStep,
  add,
  div,
  minimum,
  scalar,
  sqrt,
  squaredNorm,
  type Tensor,
  zerosLike,
} from "../../core/engine/mod.ts";

const schema = z.strictObject({
  rate: z.number().positive().default(1e-3).describe("step size"),
  beta1: z.number().min(0).lt(1).default(0.9).describe("decay of the gradient's mean"),
  beta2: z.number().min(0).lt(1).default(0.999).describe("decay of the gradient's square"),
  epsilon: z.number().positive().default(1e-8).describe("floor of the denominator"),
  clip: z.number().min(0).default(0).describe("largest global norm of a gradient; 0 is off"),
});

/** Adam. */
export const adam = plugin({
  slot: "optimizer",
  kind: "adam",
  about: "adaptive moments with bias correction (Adam)",
  schema,
  build: (options) => adamOptimizer(options),
});

/** Adam (Kingma and Ba 2015, algorithm 1); step counts from 0. */
export function adamOptimizer({ rate, beta1, beta2, epsilon, clip }: z.output<typeof schema>): Optimizer {
  return {
    rate,
    init(params) {
      const zero = (prefix: string) =>
        Object.entries(params).map(([name, p]) => [`${prefix}/${name}`, zerosLike(p)] as const);
      return Object.fromEntries([...zero("m"), ...zero("v")]);
    },
    step(params, gradient, state, { step, rate: now }) {
      const factor = clip > 0 ? clipFactor(gradient, clip) : scalar(1);
      const rates = {
        rate: now / (1 - beta1 ** (step + 1)),
        correction2: 1 - beta2 ** (step + 1),
        beta1,
        beta2,
        epsilon,
      };
      const next: Record<string, Tensor> = {}, nextState: Record<string, Tensor> = {};
      for (const [name, p] of Object.entries(params)) {
        const [g, m, v] = [gradient[name], state[`m/${name}`], state[`v/${name}`]];
        const after = adamStep({ p, g, m, v, factor }, rates);
        next[name] = after.p;
        nextState[`m/${name}`] = after.m;
        nextState[`v/${name}`] = after.v;
      }
      return { params: next, state: nextState };
    },
  };
}

/** `min(1, clip / |gradient|)` over all parameters. */
function clipFactor(gradient: Params, clip: number): Tensor {
  return minimum(div(clip, sqrt(add(squaredNorm(Object.values(gradient)), 1e-12))), 1);
}
