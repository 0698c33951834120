import type { Remark, Slot, SpecContext } from "../contracts/plugin.ts";
import type { Declaration, Spec, SpecIssue } from "../contracts/spec.ts";
import { fitFaults } from "./fit.ts";
import { learns } from "./learning.ts";
import { meetingOf } from "./meeting.ts";
import { canonicalJson } from "../run/files.ts";
import { fileFaults } from "../run/observations.ts";
import { deniedText } from "../run/place.ts";
import type { Registry } from "../run/registry.ts";
import type { Path } from "./path.ts";
import type { LoadedSpec } from "./load.ts";
import { PROBLEM_SLOTS, type ProblemSlot } from "./problem_slots.ts";

/**
 * What is wrong with a valid spec before it is run: parts that do not fit together, what the components themselves say
 * against it (stability, sampling, geometry), and the files of observations; each with its lines.
 */
export function preflight(loaded: LoadedSpec, registry: Registry): SpecIssue[] {
  const { spec, folder, locate } = loaded, meetings = meetingsOf(loaded, registry);
  const files = fileFaults(spec.evaluation, folder).map(({ key, message }) =>
    locate({ path: ["evaluation", "files", key], message })
  );
  const fit = fitFaults(spec, { meetings, registry }).map(locate);
  return [...fit, ...remarks(loaded, { registry, meetings, ask: "preflight" }), ...files]
    .map((issue) => ({ ...issue, message: deniedText(issue.message) }));
}

/** What the components tell of a spec that passed preflight (dispersion, margins), with its lines. */
export function inspect(loaded: LoadedSpec, registry: Registry): SpecIssue[] {
  return remarks(loaded, { registry, meetings: meetingsOf(loaded, registry), ask: "inspect" });
}

/** What components meet in each scenario. */
function meetingsOf({ spec, folder }: LoadedSpec, registry: Registry): SpecContext[] {
  return spec.scenarios.map((scenario) => meetingOf(spec, scenario, { registry, specFolder: folder }));
}

function remarks(
  { spec, locate }: LoadedSpec,
  { registry, meetings, ask }: {
    registry: Registry;
    meetings: readonly SpecContext[];
    ask: "preflight" | "inspect";
  },
): SpecIssue[] {
  const said = new Set<string>();
  return componentsOf(spec).flatMap(({ slot, declaration: { kind, ...options }, place, scenario = 0 }) => {
    const all: readonly Remark[] =
      registry.get(slot, kind)[ask]?.(options, { ...meetings[scenario], nominal: scenario === 0 }) ?? [];
    return all.filter(({ path, message }) => {
      // A shift inherits what it does not override: a remark on the nominal component is made once.
      const inherited = `${slot}.${path.join(".")}: ${message}`, first = !said.has(inherited);
      said.add(inherited);
      return first;
    }).map(({ path, message }) => locate({ path: [...place, ...path], message }));
  });
}

interface Component {
  readonly slot: Slot;
  readonly declaration: Declaration;
  readonly place: Path;
  /** The nominal one unless said. */
  readonly scenario?: number;
}

/** Every component with its place, those of the shifts where they, or the operator that they meet, are not nominal. */
function componentsOf(spec: Spec): Component[] {
  const { correction } = spec;
  const parts: Component[] = [
    ...PROBLEM_SLOTS.map((slot) => ({ slot, declaration: spec[slot], place: [slot] })),
    { slot: "summary", declaration: spec.summary, place: ["summary"] },
    { slot: "correction", declaration: correction, place: ["correction"] },
    { slot: "optimizer", declaration: correction.optimizer, place: ["correction", "optimizer"] },
  ];
  if (learns(spec)) {
    const { optimizer } = spec.training;
    parts.push(
      { slot: "flow", declaration: spec.flow, place: ["flow"] },
      { slot: "optimizer", declaration: optimizer, place: ["training", "optimizer"] },
    );
  }
  for (const [i, scenario] of spec.scenarios.slice(1).entries()) {
    const changed = (slot: ProblemSlot) =>
      canonicalJson(scenario[slot]) !== canonicalJson(spec.scenarios[0][slot]);
    for (const slot of PROBLEM_SLOTS) {
      const place = ["shifts", i, slot];
      if (changed(slot) || changed("operator")) {
        parts.push({ slot, declaration: scenario[slot], place, scenario: i + 1 });
      }
    }
  }
  return parts;
}
