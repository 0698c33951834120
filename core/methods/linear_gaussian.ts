import type { Spec } from "../contracts/spec.ts";
import type { GaussianPrior } from "../inference/gaussian.ts";
import { fold } from "../base/random.ts";
import { imagesOf } from "../problem/gaussian_service.ts";
import type { Problems } from "../problem/problems.ts";
import type { Baseline, BaselineMethod } from "./method.ts";

/** Each Gaussian posterior and the prior that it is under. */
const PRIORS = { gaussian: "learned", hierarchical: "hierarchical" } as const;

/** A Gaussian posterior as a baseline. */
export function gaussianBaseline(
  method: keyof typeof PRIORS,
  { spec, problems }: { spec: Spec; problems: Problems },
): BaselineMethod {
  const reads = { images: imagesOf(spec), samples: spec.evaluation.samples };
  const estimate = gaussian({ method, prior: PRIORS[method] }, { problems, spec });
  return { method, stage: "baseline", estimate, reads, upstream: [] };
}

/** A Gaussian posterior under what the training unknowns say of the prior. */
function gaussian(
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
