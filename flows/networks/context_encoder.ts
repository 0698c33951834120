import type { Params } from "../../core/contracts/flow.ts";
import { channels, joinChannels, scope, type Tensor } from "../../core/engine/mod.ts";
import { fold, type Key } from "../../core/base/random.ts";
import { channelsOf, convolutionConditioner } from "../layers/conditioner.ts";
import { part, prefixed } from "../layers/layer.ts";

/** Learned features of the context at each level, computed once for all steps of the level. */
interface ContextEncoder {
  init(key: Key, contexts: readonly Tensor[]): Params;
  /** Each level's context with its features behind it. */
  encode(params: Params, contexts: readonly Tensor[]): Tensor[];
  /** Derivatives of a level's parameters from that of what `encode` gave for it. */
  backward(params: Params, at: { level: number; context: Tensor; dencoded: Tensor }): Params;
}

/**
 * A conditioning network (Ardizzone et al. 2019): two 3 x 3 convolutions and a 1 x 1 between them per level, with as many
 * hidden channels as features; 0 at the start.
 */
export function contextEncoder(features: number): ContextEncoder {
  const network = convolutionConditioner({ hidden: features, kernel: 3 });
  const name = (level: number) => `context${level}`;
  return {
    init(key, contexts) {
      const all = contexts.map((context, i) =>
        prefixed(name(i), network.init(fold(key, name(i)), { context }, features))
      );
      return Object.assign({}, ...all);
    },
    encode: (params, contexts) =>
      scope(() =>
        contexts.map((context, i) =>
          joinChannels([context, network.evaluate(part(params, name(i)), { context }).output])
        )
      ),
    backward: (params, { level, context, dencoded }) =>
      scope(() => {
        const doutput = channels(dencoded, channelsOf(context), features);
        const { pullback } = network.evaluate(part(params, name(level)), { context });
        const { dparams } = pullback(doutput, { params: true, context: false });
        return prefixed(name(level), dparams!) as Record<string, Tensor>;
      }),
  };
}
