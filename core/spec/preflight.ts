import type { Remark, Slot } from "../contracts/plugin.ts";
import type { Declaration, Spec, SpecIssue } from "../contracts/spec.ts";
import { learns } from "./learning.ts";
import { canonicalJson } from "../run/files.ts";
import { fileFaults } from "../run/observations.ts";
import { deniedText } from "../run/place.ts";
import type { Registry } from "../run/registry.ts";
import type { Path } from "./path.ts";
import type { LoadedSpec } from "./load.ts";
import { PROBLEM_SLOTS } from "./problem_slots.ts";

/**
 * What the components themselves say against a valid spec (stability, sampling, geometry), and what is wrong with the
 * files of observations, with its lines.
 */
export function preflight(loaded: LoadedSpec, registry: Registry): SpecIssue[] {
  const { spec, folder, locate } = loaded;
  const files = fileFaults(spec.evaluation, folder).map(({ key, message }) =>
    locate({ path: ["evaluation", "files", key], message })
  );
  return [...remarks(loaded, { registry, ask: "preflight" }), ...files]
    .map((issue) => ({ ...issue, message: deniedText(issue.message) }));
}

/** What the components tell of a spec that passed preflight (dispersion, margins), with its lines. */
export function inspect(loaded: LoadedSpec, registry: Registry): SpecIssue[] {
  return remarks(loaded, { registry, ask: "inspect" });
}

function remarks(
  { spec, folder, locate }: LoadedSpec,
  { registry, ask }: { registry: Registry; ask: "preflight" | "inspect" },
): SpecIssue[] {
  const encoding = learns(spec) ? spec.correction.encoding : undefined;
  const context = { specFolder: folder, encoding };
  const said = new Set<string>();
  return componentsOf(spec).flatMap(([slot, { kind, ...options }, place]) => {
    const all: readonly Remark[] = registry.get(slot, kind)[ask]?.(options, context) ?? [];
    return all.filter(({ path, message }) => {
      // A shift inherits what it does not override: a remark on the nominal component is made once.
      const inherited = JSON.stringify([slot, path, message]), first = !said.has(inherited);
      said.add(inherited);
      return first;
    }).map(({ path, message }) => locate({ path: [...place, ...path], message }));
  });
}

/** Every component with its place, those of the shifts where they differ from the nominal ones. */
function componentsOf(spec: Spec): [Slot, Declaration, Path][] {
  const { correction } = spec;
  const parts: [Slot, Declaration, Path][] = [
    ["prior", spec.prior, ["prior"]],
    ["operator", spec.operator, ["operator"]],
    ["noise", spec.noise, ["noise"]],
    ["summary", spec.summary, ["summary"]],
    ["correction", correction, ["correction"]],
    ["optimizer", correction.optimizer, ["correction", "optimizer"]],
  ];
  if (learns(spec)) {
    parts.push(["flow", spec.flow, ["flow"]], ["optimizer", spec.training.optimizer, [
      "training",
      "optimizer",
    ]]);
  }
  for (const [i, scenario] of spec.scenarios.slice(1).entries()) {
    for (const slot of PROBLEM_SLOTS) {
      const changed = canonicalJson(scenario[slot]) !== canonicalJson(spec.scenarios[0][slot]);
      if (changed) parts.push([slot, scenario[slot], ["shifts", i, slot]]);
    }
  }
  return parts;
}
