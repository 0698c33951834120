import type { Params } from "../../core/contracts/flow.ts";
import { tapeGradients, type Tensor } from "../../core/engine/mod.ts";
import type { Conditioner, Conditions } from "./conditioner.ts";
import { part, prefixed } from "./layer.ts";

/** A conditioner of one's own, of functions that tfjs can differentiate; it must use all that it is given. */
interface ConditionerFunction extends Pick<Conditioner, "init"> {
  apply(params: Params, conditions: Conditions): Tensor;
}

/**
 * Makes a function a conditioner. Its derivatives come from a tape over this one function, which evaluates it
 * once more; the layers around it keep their own backward pass, so that memory stays flat in depth.
 */
export function tapeConditioner({ init, apply }: ConditionerFunction): Conditioner {
  return {
    init,
    evaluate: (params, conditions) => ({
      output: apply(params, conditions),
      pullback(doutput, wanted) {
        const { input, context } = conditions;
        const values: Params = {
          ...(input && { input }),
          ...(wanted.context && context && { context }),
          ...(wanted.params && prefixed("params", params)),
        };
        const derivatives = tapeGradients(values, doutput, (at) => {
          const weights = wanted.params ? part(at, "params") : params;
          return apply(weights, { input: at.input, context: at.context ?? context });
        });
        return {
          dinput: derivatives.input,
          dcontext: derivatives.context,
          dparams: wanted.params ? part(derivatives, "params") : undefined,
        };
      },
    }),
  };
}
