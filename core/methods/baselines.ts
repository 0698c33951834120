import type { Spec } from "../contracts/spec.ts";
import type { Learned } from "../learning/learned.ts";
import { imagesOf } from "../learning/simulation.ts";
import { CGLS, LSRTM } from "../plan/effort.ts";
import type { Problems } from "../problem/problems.ts";
import type { RunContext } from "../store/context.ts";
import { latentModeBaseline } from "./latent_map.ts";
import { dampingNode, leastSquares, leastSquaresMigration } from "./least_squares.ts";
import { gaussian } from "./linear_gaussian.ts";
import type { Baseline, BaselineMethod } from "./method.ts";
import { variationalBaseline } from "./variational.ts";

const GAUSSIAN = [["gaussian", "learned"], ["hierarchical", "hierarchical"]] as const;

/**
 * The baselines of the spec. Their settings are chosen on training data, or on draws of the prior if the spec has no
 * training.
 */
export function baselinesFor(
  spec: Spec,
  { problems, learned }: { problems: Problems; learned?: Learned },
  context: RunContext,
): BaselineMethod[] {
  const wanted = (method: string) => spec.evaluation.baselines.includes(method),
    baselines: BaselineMethod[] = [];
  if (wanted("cgls")) {
    const damping = dampingNode(spec, problems, context);
    const estimate: Baseline = async (...about) => await leastSquares(await damping.get())(...about);
    baselines.push({
      method: "cgls",
      stage: "baseline",
      estimate,
      reads: CGLS.iterations,
      upstream: [damping],
    });
  }
  if (wanted("lsrtm")) {
    const estimate = leastSquaresMigration(context);
    baselines.push({ method: "lsrtm", stage: "baseline", estimate, reads: LSRTM, upstream: [] });
  }
  const reads = { images: imagesOf(spec), samples: spec.evaluation.samples };
  for (const [method, prior] of GAUSSIAN) {
    if (!wanted(method)) continue;
    const estimate = gaussian({ method, prior }, { problems, spec });
    baselines.push({ method, stage: "baseline", estimate, reads, upstream: [] });
  }
  if (wanted("variational")) baselines.push(variationalBaseline(spec, problems, context));
  if (wanted("map")) baselines.push(latentModeBaseline(spec, learned!, context));
  return baselines;
}
