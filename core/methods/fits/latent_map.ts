import { z } from "zod";
import { latentMode } from "../../inference/latent_mode.ts";
import { fold } from "../../base/random.ts";
import { baseline } from "../baseline.ts";
import { method } from "../method.ts";
import { type Fit, fitCost, fitOptions } from "./fit_options.ts";

const FIT: Fit = { steps: 160, rate: 0.1, samples: 1, gradient: "total" };

/** The most probable latents of the flow. The `target` of the correction selects the prior. */
export const latentMap = method({
  kind: "map",
  about: "the unknown at the most probable latents of the flow",
  label: "latent MAP",
  color: "#882255",
  samples: false,
  needs: ["flow"],
  asked: "baselines",
  schema: z.strictObject({}),
  cost: (_options, context) => fitCost(FIT, { sources: context!.survey!.sources, flow: true }),
  build(_options, given) {
    const { spec: { correction: { target } }, context } = given, learned = given.learned!;
    return baseline({
      kind: "map",
      stage: "fit",
      reads: { target },
      upstream: [learned.trained],
      async estimate({ survey, noise, prior, summary }, observation, key) {
        const { posterior } = await learned.open();
        const problem = { posterior, survey, noise, prior, summary, observation };
        const options = await fitOptions(FIT, { map: { kind: "mean" }, target, survey, context });
        return { mean: await latentMode(problem, { ...options, key: fold(key, "map") }) };
      },
    }, given);
  },
});
