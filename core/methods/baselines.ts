import type { Spec } from "../contracts/spec.ts";
import type { Learned } from "../learning/learned.ts";
import type { Problems } from "../problem/problems.ts";
import type { RunContext } from "../store/context.ts";
import { latentModeBaseline } from "./latent_map.ts";
import { leastSquaresBaseline, migrationBaseline } from "./least_squares.ts";
import { gaussianBaseline } from "./linear_gaussian.ts";
import type { BaselineMethod } from "./method.ts";
import { variationalBaseline } from "./variational.ts";

/** The spec's baselines, their settings chosen on training data, or on draws of the prior where there is none. */
export function baselinesFor(
  spec: Spec,
  { problems, learned }: { problems: Problems; learned?: Learned },
  context: RunContext,
): BaselineMethod[] {
  const make: Readonly<Record<string, () => BaselineMethod>> = {
    cgls: () => leastSquaresBaseline(spec, problems, context),
    lsrtm: () => migrationBaseline(context),
    gaussian: () => gaussianBaseline("gaussian", { spec, problems }),
    hierarchical: () => gaussianBaseline("hierarchical", { spec, problems }),
    variational: () => variationalBaseline(spec, problems, context),
    map: () => latentModeBaseline(spec, learned!, context),
  };
  return Object.keys(make).filter((method) => spec.evaluation.baselines.includes(method)).map((method) =>
    make[method]()
  );
}
