import type { SummaryCost } from "../contracts/cost.ts";
import type { Declaration, Spec } from "../contracts/spec.ts";
import type { Registry } from "../registry/registry.ts";
import type { Fault } from "./issues.ts";
import type { Path } from "./path.ts";

/** Simulators with added noise, other operators without any, and simulators where a linear operator is needed. */
export function simulatorFaults(spec: Spec, registry: Registry): Fault[] {
  const simulates = (slot: "operator" | "noise", kind: string) => registry.get(slot, kind).simulates === true;
  const faults = spec.scenarios.flatMap(({ operator, noise }, i): Fault[] => {
    const place: Path = i === 0 ? [] : ["shifts", i - 1];
    if (simulates("operator", operator.kind) === simulates("noise", noise.kind)) return [];
    const added = registry.of("noise").filter((p) => !p.simulates).map(({ kind }) => kind).join(" or ");
    const message = simulates("operator", operator.kind)
      ? `is ${noise.kind}: ${operator.kind} is a simulator, whose data are random by themselves; write { kind: intrinsic }`
      : `is ${noise.kind}: the data of ${operator.kind} need noise that is added, ${added}`;
    return [{ path: [...place, "noise"], message }];
  });
  const simulator = spec.scenarios.find(({ operator }) => simulates("operator", operator.kind))?.operator;
  return simulator ? [...faults, ...linearFaults(spec, { simulator: simulator.kind, registry })] : faults;
}

/** What a spec asks of an operator that only a linear one can give. */
function linearFaults(
  { summary, evaluation: { baselines, metrics } }: Spec,
  { simulator, registry }: { simulator: string; registry: Registry },
): Fault[] {
  const { kind, ...options } = summary, why = `needs a linear operator: ${simulator} is a simulator`;
  const cost = registry.get("summary", kind).cost?.(options) as SummaryCost | undefined;
  const faults: Fault[] = [];
  if (cost && (cost.solves > 0 || cost.gaussian)) {
    faults.push({ path: ["summary"], message: `is ${kind}, which ${why}; write { kind: identity }` });
  }
  const needsLinear = ({ kind }: Declaration) =>
    registry.get("method", kind).traits?.needs?.includes("linear");
  const linear = baselines.find(needsLinear);
  if (linear) {
    const others = baselines.filter((baseline) => !needsLinear(baseline)).map(({ kind }) => kind).join(", ");
    faults.push({
      path: ["evaluation", "baselines"],
      message: `has ${linear.kind}, which ${why}; write baselines: [${others}]`,
    });
  }
  if (metrics.includes("data-residual")) {
    const others = metrics.filter((name) => name !== "data-residual").join(", ");
    faults.push({
      path: ["evaluation", "metrics"],
      message: `has data-residual, which ${why}; write metrics: [${others}]`,
    });
  }
  return faults;
}
