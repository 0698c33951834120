import type { Spec } from "../contracts/spec.ts";
import type { Registry } from "../registry/registry.ts";
import { withoutDensity } from "./corrections.ts";
import type { Fault } from "./issues.ts";
import { learns } from "./learning.ts";

/** The fewest particles of a population. A smaller one loses modes. */
const LEAST_PARTICLES = 64;

/**
 * Issues of a refinement: it has no posterior to start from, the target density is not known, or its populations are
 * too small.
 */
export function refinementFaults(spec: Spec, registry: Registry): Fault[] {
  const { refinement, evaluation: { samples } } = spec;
  if (!refinement) return [];
  if (!learns(spec)) {
    return [{
      path: ["refinement"],
      message: "has no posterior to refine: this spec has no flow",
      onKey: true,
    }];
  }
  const silent = withoutDensity(spec, registry);
  if (silent) {
    const why = `needs the density of the prior: ${silent.prior} of ${silent.scenario} has none`;
    return [{ path: ["refinement"], message: `${why}; leave refinement out`, onKey: true }];
  }
  if (refinement.kind !== "smc") return [];
  const { populations } = refinement, least = LEAST_PARTICLES * populations;
  if (samples >= least) return [];
  return [{
    path: ["evaluation", "samples"],
    message:
      `is ${samples}: refinement has ${populations} populations of ${LEAST_PARTICLES} samples or more; write ${least} or more`,
  }];
}
