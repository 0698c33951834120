import type { Spec } from "../contracts/spec.ts";
import type { GaussianPrior } from "../inference/gaussian.ts";
import { fold } from "../base/random.ts";
import type { Problems } from "../problem/problems.ts";
import type { Baseline } from "./method.ts";

/** The Gaussian posterior under the prior that is learned from the training unknowns. */
export function gaussian(
  { method, prior }: { method: string; prior: GaussianPrior },
  { problems, spec }: { problems: Problems; spec: Spec },
): Baseline {
  return async (model, { data }, key) => {
    const { reference } = await problems.nominal(), n = spec.evaluation.samples;
    const posterior = await reference.gaussian.posterior(model, prior);
    const { mean, std, samples } = await posterior.draw(data, { key: fold(key, method), n });
    return { method, mean, std, samples };
  };
}
