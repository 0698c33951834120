import type { Spec } from "../contracts/spec.ts";
import { meanAndStd } from "../inference/evaluate.ts";
import type { Problem } from "../inference/simulate.ts";
import {
  affineCoordinates,
  boxCoordinates,
  imageCoordinates,
  type NormalCoordinates,
  variationalPosterior,
} from "../inference/variational.ts";
import { imagesOf } from "../problem/gaussian_service.ts";
import { cholesky } from "../linalg/mod.ts";
import { sizeOf } from "../base/shape.ts";
import { fold, type Key } from "../base/random.ts";
import { FULL_RANK, PRIOR_DRAWS, variationalFit } from "../plan/effort.ts";
import type { Problems } from "../problem/problems.ts";
import type { RunContext } from "../store/context.ts";
import { fitOptions } from "./fitted_options.ts";
import type { BaselineMethod } from "./method.ts";

/** The baseline `variational`: variational inference from the prior, without a flow. */
export function variationalBaseline(spec: Spec, problems: Problems, context: RunContext): BaselineMethod {
  const method = "variational", { samples } = spec.evaluation;
  const known = new Map<Problem, Promise<NormalCoordinates>>();
  return {
    method,
    stage: "fit",
    reads: { images: imagesOf(spec), samples },
    upstream: [],
    async estimate(problem, { data }, key) {
      const { survey, noise } = problem,
        finding = known.get(problem) ?? coordinatesOf(problem, problems, context.key);
      known.set(problem, finding);
      const coordinates = await finding, { size } = coordinates;
      const map = size <= FULL_RANK ? { kind: "low-rank", rank: size } : { kind: "diagonal" };
      const options = await fitOptions(variationalFit(size), { map, survey, context });
      const found = await variationalPosterior({ survey, noise, data }, coordinates, {
        ...options,
        key: fold(key, method),
        samples,
      });
      return { method, samples: found, ...meanAndStd(found, sizeOf(survey.domain)) };
    },
  };
}

/**
 * Coordinates in which the prior of an observation is standard normal. For images the prior is the Gaussian that is
 * learned from the training images.
 */
async function coordinatesOf(
  { prior, survey }: Problem,
  problems: Problems,
  key: Key,
): Promise<NormalCoordinates> {
  const { mask, domain } = survey, { bounds, gaussian, logDensity, score } = prior, size = sizeOf(domain);
  if (bounds) return boxCoordinates(bounds);
  const free = mask.every((cell) => cell !== 0);
  if (gaussian && free) {
    return affineCoordinates({ mean: gaussian.mean, factor: cholesky(gaussian.covariance) });
  }
  if (logDensity && score && free) {
    const { mean, std } = meanAndStd(await prior.sample(fold(key, "coordinates"), PRIOR_DRAWS), size);
    const factor = new Float64Array(size * size);
    std.forEach((v, i) => factor[i * (size + 1)] = v);
    return affineCoordinates({ mean: Float64Array.from(mean), factor, density: { logDensity, score } });
  }
  if (domain.kind !== "image") {
    throw new Error("Variational inference of a vector needs a prior whose density is known.");
  }
  const [{ factor }] = await (await problems.nominal()).reference.gaussian.prior("learned");
  return imageCoordinates(factor, mask);
}
