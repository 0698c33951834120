import type { Spec } from "../contracts/spec.ts";
import type { Registry } from "../run/registry.ts";
import type { Fault } from "./issues.ts";
import { learns } from "./learning.ts";

/** A correction that needs what the spec does not have: a prior's density, or latents in pairs. */
export function correctionFaults(spec: Spec, registry: Registry): Fault[] {
  if (!learns(spec)) return [];
  const { target, samples, antithetic } = spec.correction, faults: Fault[] = [];
  const silent = withoutDensity(spec, registry);
  if (target === "posterior" && silent) {
    faults.push({
      path: ["correction", "target"],
      message:
        `is posterior, which needs the density of the prior: ${silent.prior} of ${silent.scenario} has none; ` +
        "write latent",
    });
  }
  if (antithetic && samples % 2 === 1) {
    faults.push({
      path: ["correction", "samples"],
      message: `is ${samples}: antithetic latents come in pairs, so it must be even`,
    });
  }
  return faults;
}

/** The first scenario whose prior has no density, and that prior's kind. */
export function withoutDensity(
  { scenarios }: Spec,
  registry: Registry,
): { readonly scenario: string; readonly prior: string } | undefined {
  const silent = scenarios.find(({ prior }) => !registry.get("prior", prior.kind).density);
  return silent && { scenario: silent.name, prior: silent.prior.kind };
}
