import type { Remark, Slot, SpecContext } from "../contracts/plugin.ts";
import type { SpecIssue } from "../contracts/spec.ts";
import { sizeOf } from "../base/shape.ts";
import { canonicalJson } from "../base/files.ts";
import { deniedText } from "../base/write_permission.ts";
import type { Registry } from "../registry/registry.ts";
import { type Component, componentsOf } from "./components.ts";
import { fitFaults } from "./fit.ts";
import { meetingOf } from "./meeting.ts";
import { fileFaults, rowSizes } from "./observation_files.ts";
import type { Path } from "./path.ts";
import type { LoadedSpec } from "./load.ts";
import { PROBLEM_SLOTS } from "./problem_slots.ts";

/**
 * The issues of a valid spec that are found before it is run: parts that do not fit together, the issues that the
 * components report (stability, sampling, geometry, their files), and the files of observations. Each issue has its
 * lines.
 */
export function preflight(loaded: LoadedSpec, registry: Registry): Promise<SpecIssue[]> {
  return preflighter(registry)(loaded);
}

/**
 * {@link preflight} for many specs that share components. Each component is checked once, and its files are read
 * once.
 */
export function preflighter(registry: Registry): (loaded: LoadedSpec) => Promise<SpecIssue[]> {
  const remarksOn = remembering(({ slot, declaration: { kind, ...options }, context }: Question) =>
    registry.get(slot, kind).preflight?.(options, context) ?? []
  );
  return async (loaded) => {
    const { spec, folder, locate } = loaded, meetings = meetingsOf(loaded, registry), answers: Answer[] = [];
    for (const component of componentsOf(spec)) {
      const { slot, declaration, place } = component, context = contextOf(component, meetings);
      answers.push({ slot, place, remarks: await remarksOn({ slot, declaration, context }) });
    }
    const [{ operator }] = meetings;
    const sizes = operator &&
      rowSizes({
        data: operator.sources * sizeOf(operator.shotRange),
        unknown: sizeOf(operator.domain),
      });
    const files = fileFaults(spec.evaluation, { folder, sizes })
      .map(({ key, message }) => locate({ path: ["evaluation", "files", key], message }));
    const fit = fitFaults(spec, { meetings, registry }).map(locate);
    return [...fit, ...located(loaded, answers), ...files]
      .map((issue) => ({ ...issue, message: deniedText(issue.message) }));
  };
}

/** A function that answers each question once. */
function remembering<Q, A>(answer: (question: Q) => A | Promise<A>): (question: Q) => Promise<A> {
  const answers = new Map<string, Promise<A>>();
  return (question) => {
    const id = canonicalJson(question), answered = answers.get(id) ?? Promise.resolve(answer(question));
    answers.set(id, answered);
    return answered;
  };
}

/** The remarks of the components on a spec that passed preflight (dispersion, margins), with their lines. */
export function inspect(loaded: LoadedSpec, registry: Registry): SpecIssue[] {
  const meetings = meetingsOf(loaded, registry);
  return located(
    loaded,
    componentsOf(loaded.spec).map((component) => {
      const { slot, declaration: { kind, ...options }, place } = component;
      const remarks = registry.get(slot, kind).inspect?.(options, contextOf(component, meetings)) ?? [];
      return { slot, place, remarks };
    }),
  );
}

interface Question extends Pick<Component, "slot" | "declaration"> {
  readonly context: SpecContext;
}

interface Answer {
  readonly slot: Slot;
  readonly place: Path;
  readonly remarks: readonly Remark[];
}

/** What components meet in each scenario. */
function meetingsOf({ spec, folder }: LoadedSpec, registry: Registry): SpecContext[] {
  return spec.scenarios.map((scenario) => meetingOf(spec, scenario, { registry, specFolder: folder }));
}

/**
 * What a component is checked with. The parts of a problem do not depend on the flow and its training, so trials that
 * vary only these share one check.
 */
function contextOf({ slot, scenario }: Component, meetings: readonly SpecContext[]): SpecContext {
  const { specFolder, encoding, operator } = meetings[scenario], nominal = scenario === 0;
  const problem = (PROBLEM_SLOTS as readonly Slot[]).includes(slot);
  return problem ? { specFolder, encoding, operator, nominal } : { ...meetings[scenario], nominal };
}

function located({ locate }: LoadedSpec, answers: readonly Answer[]): SpecIssue[] {
  const said = new Set<string>();
  return answers.flatMap(({ slot, place, remarks }) =>
    remarks.filter(({ path, message }) => {
      // A shift inherits what it does not override: a remark on the nominal component is made once.
      const inherited = JSON.stringify([slot, path, message]), first = !said.has(inherited);
      said.add(inherited);
      return first;
    }).map(({ path, message }) => locate({ path: [...place, ...path], message }))
  );
}
