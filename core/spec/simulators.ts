import type { SummaryCost } from "../contracts/cost.ts";
import type { Spec } from "../contracts/spec.ts";
import type { Registry } from "../registry/registry.ts";
import type { Fault } from "./issues.ts";
import { baselinesNeeding } from "./methods.ts";
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
  spec: Spec,
  { simulator, registry }: { simulator: string; registry: Registry },
): Fault[] {
  const { summary, evaluation: { baselines, metrics } } = spec;
  const { kind, ...options } = summary, why = `needs a linear operator: ${simulator} is a simulator`;
  const cost = registry.get("summary", kind).cost?.(options) as SummaryCost | undefined;
  const faults: Fault[] = [];
  if (cost && (cost.solves > 0 || cost.gaussian)) {
    faults.push({ path: ["summary"], message: `is ${kind}, which ${why}; write { kind: identity }` });
  }
  const [linear, ...further] = baselinesNeeding("linear", { spec, registry }).map(({ kind }) => kind);
  if (linear) {
    const others = baselines.map(({ kind }) => kind).filter((kind) => ![linear, ...further].includes(kind));
    faults.push({
      path: ["evaluation", "baselines"],
      message: `has ${linear}, which ${why}; write baselines: [${others.join(", ")}]`,
    });
  }
  const predicting = (name: string) => registry.get("metric", name).needs.includes("dataResidual");
  const residual = metrics.find(predicting);
  if (residual) {
    const others = metrics.filter((name) => !predicting(name)).join(", ");
    faults.push({
      path: ["evaluation", "metrics"],
      message: `has ${residual}, which ${why}; write metrics: [${others}]`,
    });
  }
  return faults;
}
