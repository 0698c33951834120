import { z } from "zod";
import { meanAndStd } from "../../inference/evaluate.ts";
import type { Problem } from "../../inference/simulate.ts";
import {
  affineCoordinates,
  boxCoordinates,
  imageCoordinates,
  type NormalCoordinates,
  variationalPosterior,
} from "../../inference/variational_posterior.ts";
import { imagesOf } from "../../problem/gaussian_service.ts";
import { cholesky } from "../../linalg/mod.ts";
import { sizeOf } from "../../base/shape.ts";
import { fold, type Key } from "../../base/random.ts";
import { PRIOR_DRAWS } from "../../plan/fixed_settings.ts";
import type { Problems } from "../../problem/problems.ts";
import { baseline } from "../baseline.ts";
import { method } from "../method.ts";
import { type Fit, fitCost, fitOptions } from "./fit_options.ts";

/** The largest number of unknowns for which a full covariance is fitted. With more, one variance for each. */
const FULL_RANK = 64;

/** Many latents per step are used for small problems, and one for problems that solve waves. */
function fitOf(unknowns: number): Fit {
  return unknowns <= FULL_RANK
    ? { steps: 640, rate: 0.1, samples: 16, gradient: "path" }
    : { steps: 320, rate: 0.1, samples: 1, gradient: "path" };
}

/** Variational inference of one observation by itself, from the prior, without a flow. */
export const variational = method({
  kind: "variational",
  about: "variational inference of each observation by itself, from the prior, without a flow",
  label: "variational",
  color: "#44aa99",
  samples: true,
  needs: ["density"],
  asked: "baselines",
  schema: z.strictObject({}),
  cost(_options, context) {
    const { unknowns, sources } = context!.survey!;
    return fitCost(fitOf(unknowns), { sources, flow: false });
  },
  build(_options, given) {
    const { spec, problems, context } = given, { samples: n } = spec.evaluation;
    const coordinates = new Map<Problem, Promise<NormalCoordinates>>();
    return baseline({
      kind: "variational",
      stage: "fit",
      reads: { images: imagesOf(spec), samples: n },
      async estimate(problem, { data }, key) {
        const { survey, noise } = problem;
        const finding = coordinates.get(problem) ?? coordinatesOf(problem, problems, context.key);
        coordinates.set(problem, finding);
        const normal = await finding, { size } = normal;
        const map = size <= FULL_RANK ? { kind: "low-rank", rank: size } : { kind: "diagonal" };
        const options = await fitOptions(fitOf(size), { map, survey, context });
        const samples = await variationalPosterior({ survey, noise, data }, normal, {
          ...options,
          key: fold(key, "variational"),
          samples: n,
        });
        return { samples, ...meanAndStd(samples, sizeOf(survey.domain)) };
      },
    }, given);
  },
});

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
  const { family } = await (await problems.nominal()).reference.gaussian.prior("learned");
  return imageCoordinates(family![0].factor, mask);
}
