import type { Spec } from "../contracts/spec.ts";
import type { Registry } from "../run/registry.ts";
import { withoutDensity } from "./corrections.ts";
import type { Fault } from "./issues.ts";
import { learns } from "./learning.ts";

/** States kept of each chain at least: its halves are compared. */
const LEAST_KEPT = 4;

/** A refinement of no posterior, towards a density that is not known, or by chains too short for the samples. */
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
  if (refinement.kind !== "mcmc") return [];
  const { chains, steps } = refinement, keep = Math.ceil(samples / chains), faults: Fault[] = [];
  if (keep < LEAST_KEPT) {
    const most = Math.floor(samples / LEAST_KEPT);
    faults.push({
      path: ["refinement", "chains"],
      message:
        `is ${chains}: evaluation.samples is ${samples}, at least ${LEAST_KEPT} of each chain; write ${most} or fewer`,
    });
  } else if (steps < keep) {
    faults.push({
      path: ["refinement", "steps"],
      message:
        `is ${steps}: ${samples} samples of ${chains} chains are ${keep} of each; write ${keep} or more`,
    });
  }
  return faults;
}
