import { z } from "zod";
import type { Survey } from "../../contracts/operator.ts";
import { cgls, cglsApplications, illuminationPreconditioner, PROBES, whitenerOf } from "../../linalg/mod.ts";
import { fold } from "../../base/random.ts";
import { about } from "../../base/units.ts";
import { baseline } from "../baseline.ts";
import { method } from "../method.ts";

/** Least-squares migration. It has no damping: the small number of iterations regularizes it. */
export const leastSquaresMigration = method({
  kind: "lsrtm",
  about: "least-squares migration: few iterations without damping, all depths made equally bright",
  label: "least-squares RTM",
  color: "#66ccee",
  samples: false,
  needs: ["linear"],
  asked: "baselines",
  schema: z.strictObject({
    iterations: about(z.int().min(1).max(1e6), "Iterations; each takes one J and one J^T.").default(10),
  }),
  cost: ({ iterations }) => ({
    applications: cglsApplications(iterations),
    perSurvey: 2 * PROBES,
    whitenerOf,
  }),
  build({ iterations }, given) {
    const preconditioners = new Map<Survey, Promise<Float64Array>>(), { key } = given.context;
    return baseline({
      kind: "lsrtm",
      reads: { iterations },
      async estimate({ survey, noise }, { data }) {
        const whiten = whitenerOf({ survey, noise });
        const preconditioner = preconditioners.get(survey) ??
          illuminationPreconditioner(survey.stacked, { key: fold(key, "illumination"), whiten });
        preconditioners.set(survey, preconditioner);
        const options = { iterations, whiten, precondition: await preconditioner };
        const { x, residuals } = await cgls(survey.stacked, data, options);
        return { mean: new Float32Array(x), misfits: residuals };
      },
    }, given);
  },
});
