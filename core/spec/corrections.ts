import { knowsDensity } from "../registry/plugin.ts";
import type { Declaration, Spec } from "../contracts/spec.ts";
import type { CorrectionCost } from "../contracts/cost.ts";
import type { Registry } from "../registry/registry.ts";
import type { Fault } from "./issues.ts";
import { corrects, learns } from "./learning.ts";

/** Issues of a correction that needs what the spec does not have: a density of the prior, or latents in pairs. */
export function correctionFaults(spec: Spec, registry: Registry): Fault[] {
  if (!learns(spec)) return [];
  const { target, samples, antithetic, encoding, holdout } = spec.correction, faults: Fault[] = [];
  const silent = withoutDensity(spec, registry);
  if (target === "posterior" && silent) {
    faults.push({
      path: ["correction", "target"],
      message:
        `is posterior, which needs the density of the prior: ${silent.prior} of ${silent.scenario} has none; ` +
        "write latent",
    });
  }
  faults.push(...adaptionFaults(spec, registry), ...uncorrectedFaults(spec));
  if (holdout > 0 && encoding === "gaussian-fresh") {
    faults.push({
      path: ["correction", "holdout"],
      message: `is ${holdout}: fresh encodings leave no source out; write 0, or another encoding`,
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

/** The spec with no pass of a correction that has nothing to fit. */
export function withoutIdlePasses(spec: Spec, registry: Registry): Spec {
  const { fitted } = correctionCost(spec, registry);
  return fitted ? spec : { ...spec, correction: { ...spec.correction, passes: 0 } };
}

/** The cost of a spec's correction. A kind that states no cost fits the parameters of a map of latents. */
export function correctionCost(
  { correction: { kind, ...options } }: Pick<Spec, "correction">,
  registry: Registry,
): CorrectionCost {
  const cost = registry.get("correction", kind).cost?.(options) as CorrectionCost | undefined;
  return cost ?? { changes: "latents", fitted: true };
}

/**
 * Issues of a correction of the summary: the summary has no prior that is estimated from the data, or a refinement
 * starts from the correction.
 */
function adaptionFaults(spec: Spec, registry: Registry): Fault[] {
  const { correction, summary, refinement } = spec, cost = correctionCost(spec, registry);
  if (cost.changes !== "summary") return [];
  const costOf = ({ kind, ...options }: Declaration) => registry.get("summary", kind).cost?.(options);
  const { adapts, gaussian } = costOf(summary) ?? {};
  const already = adapts === "already" && gaussian === cost.prior;
  if (!adapts || already && cost.pool === 0) {
    const able = registry.of("summary").filter(({ kind }) =>
      costOf({ kind, prior: "learned" })?.adapts === "again"
    );
    const wanted = able.map(({ kind }) => `{ kind: ${kind}, prior: learned }`).join(" or ");
    const message =
      `is ${correction.kind}, which takes the prior of the summary from the data, and ${summary.kind} ` +
      `takes none from training; write summary: ${wanted}`;
    return [{ path: ["correction", "kind"], message }];
  }
  if (refinement?.kind !== "importance" || refinement.from !== "corrected") return [];
  const message = `is corrected: ${correction.kind} changes the summary, not the latents; write amortized`;
  return [{ path: ["refinement", "from"], message }];
}

/** Issues of the sections that use a corrected posterior in a spec without a correction. */
function uncorrectedFaults(spec: Spec): Fault[] {
  if (corrects(spec)) return [];
  const { gates, policy, refinement, evaluation: { calibration } } = spec, why = "correction is none";
  const named = Object.keys(gates).filter((name) => /^(?:[^/]*\/)?corrected\./.test(name));
  return [
    ...named.map((name): Fault => ({
      path: ["gates", name],
      message: `is a limit on the corrected posterior, and ${why}: name amortized, or another correction`,
      onKey: true,
    })),
    ...policy
      ? [{
        path: ["policy"],
        message: `has no correction to decide on: ${why}; leave policy out`,
        onKey: true,
      }]
      : [],
    ...refinement?.kind === "importance" && refinement.from === "corrected"
      ? [{ path: ["refinement", "from"], message: `is corrected, and ${why}; write amortized` }]
      : [],
    ...calibration?.corrected
      ? [{ path: ["evaluation", "calibration", "corrected"], message: `is true, and ${why}; write false` }]
      : [],
  ];
}

/** The first scenario whose prior has no density, and that prior's kind. */
export function withoutDensity(
  { scenarios }: Spec,
  registry: Registry,
): { readonly scenario: string; readonly prior: string } | undefined {
  const silent = scenarios.find(({ prior }) => !knowsDensity(registry.get("prior", prior.kind), prior));
  return silent && { scenario: silent.name, prior: silent.prior.kind };
}
