import type { OperatorCost, SummaryCost } from "../contracts/cost.ts";
import type { Declaration, Spec } from "../contracts/spec.ts";
import type { Registry } from "../registry/registry.ts";
import type { Fault } from "./issues.ts";
import { baselinesNeeding } from "./methods.ts";

/** Summaries and baselines that need explicit matrices, where an operator gives none. */
export function assemblyFaults(spec: Spec, registry: Registry): Fault[] {
  const { summary, scenarios } = spec;
  const costOf = <C>(slot: "operator" | "summary", { kind, ...options }: Declaration) =>
    registry.get(slot, kind).cost?.(options) as C | undefined;
  const wanting = scenarios.find(({ operator }) =>
    costOf<OperatorCost>("operator", operator)?.assembly === undefined
  );
  if (!wanting) return [];
  const why = `needs an operator that can be assembled: ${wanting.operator.kind} of ${wanting.name} cannot`;
  const baselines = baselinesNeeding("assembly", { spec, registry }).map(({ kind, path }) => ({
    path,
    message: `is ${kind}, which ${why}`,
  }));
  if (!costOf<SummaryCost>("summary", summary)?.gaussian) return baselines;
  return [{ path: ["summary", "kind"], message: `is ${summary.kind}, which ${why}` }, ...baselines];
}
