import { z } from "zod";
import { fold } from "../../base/random.ts";
import { imagesOf } from "../../problem/gaussian_service.ts";
import { baseline } from "../baseline.ts";
import { method } from "../method.ts";

/** A Gaussian posterior, of a Gaussian prior that is learned from the training unknowns, as a method. */
export function gaussianBaseline(
  kind: string,
  { prior, about, label, color }: { prior: string; about: string; label: string; color: string },
) {
  return method({
    kind,
    about,
    label,
    color,
    samples: true,
    needs: ["image", "linear", "assembly"],
    asked: "baselines",
    schema: z.strictObject({}),
    cost: () => ({ applications: 1, gaussian: prior }),
    build(_options, given) {
      const { spec, problems } = given, { samples: n } = spec.evaluation;
      return baseline({
        kind,
        reads: { images: imagesOf(spec), samples: n },
        async estimate(problem, { data }, key) {
          const { reference } = await problems.nominal();
          const posterior = await reference.gaussian.posterior(problem, prior);
          const { mean, std, samples, gains } = await posterior.draw(data, { key: fold(key, kind), n });
          return { mean, std, samples, gains };
        },
      }, given);
    },
  });
}

export const gaussianBaselines = [
  gaussianBaseline("gaussian", {
    prior: "learned",
    about: "the exact posterior under a Gaussian prior with the covariance of the training unknowns",
    label: "linear Gaussian",
    color: "#aa3377",
  }),
  gaussianBaseline("hierarchical", {
    prior: "hierarchical",
    about: "Gaussian posterior whose prior takes its amplitude and roughness from each observation",
    label: "hierarchical Gaussian",
    color: "#777777",
  }),
];
