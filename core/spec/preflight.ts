import type { Slot } from "../contracts/plugin.ts";
import type { Declaration, SpecIssue } from "../contracts/spec.ts";
import { canonicalJson } from "../run/files.ts";
import type { Registry } from "../run/registry.ts";
import type { Path } from "./path.ts";
import type { LoadedSpec } from "./load.ts";
import { PROBLEM_SLOTS } from "./scenarios.ts";

/** What the components themselves say against a valid spec (stability, sampling, geometry), with its lines. */
export function preflight({ spec, locate }: LoadedSpec, registry: Registry): SpecIssue[] {
  const { training, correction } = spec;
  const parts: [Slot, Declaration, Path][] = [
    ["prior", spec.prior, ["prior"]],
    ["operator", spec.operator, ["operator"]],
    ["noise", spec.noise, ["noise"]],
    ["summary", spec.summary, ["summary"]],
    ["flow", spec.flow, ["flow"]],
    ["optimizer", training.optimizer, ["training", "optimizer"]],
    ["correction", correction, ["correction"]],
    ["optimizer", correction.optimizer, ["correction", "optimizer"]],
  ];
  for (const [i, scenario] of spec.scenarios.slice(1).entries()) {
    for (const slot of PROBLEM_SLOTS) {
      const changed = canonicalJson(scenario[slot]) !== canonicalJson(spec.scenarios[0][slot]);
      if (changed) parts.push([slot, scenario[slot], ["shifts", i, slot]]);
    }
  }
  const said = new Set<string>();
  return parts.flatMap(([slot, { kind, ...options }, place]) => {
    const faults = registry.get(slot, kind).preflight?.(options) ?? [];
    return faults.filter(({ path, message }) => {
      // A shift inherits what it does not override: the nominal component's fault is said once.
      const inherited = `${slot}.${path.join(".")}: ${message}`, first = !said.has(inherited);
      said.add(inherited);
      return first;
    }).map(({ path, message }) => locate({ path: [...place, ...path], message }));
  });
}
