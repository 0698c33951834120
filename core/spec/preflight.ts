import type { OperatorCost } from "../contracts/cost.ts";
import type { Remark, Slot, SpecContext } from "../contracts/plugin.ts";
import type { Declaration, Spec, SpecIssue } from "../contracts/spec.ts";
import { learns } from "./learning.ts";
import { canonicalJson } from "../run/files.ts";
import { fileFaults, rowSizes } from "../run/observations.ts";
import { deniedText } from "../run/place.ts";
import type { Registry } from "../run/registry.ts";
import type { Path } from "./path.ts";
import type { LoadedSpec } from "./load.ts";
import { PROBLEM_SLOTS } from "./problem_slots.ts";

/**
 * What the components themselves say against a valid spec (stability, sampling, geometry, their files), and what is
 * wrong with the files of observations, with its lines.
 */
export function preflight(loaded: LoadedSpec, registry: Registry): Promise<SpecIssue[]> {
  return preflighter(registry)(loaded);
}

/** {@link preflight} for many specs that share components: each is asked once, and its files are read once. */
export function preflighter(registry: Registry): (loaded: LoadedSpec) => Promise<SpecIssue[]> {
  const answers = new Map<string, Promise<readonly Remark[]>>();
  const ask: Ask = ({ slot, declaration: { kind, ...options } }, context) => {
    const question = canonicalJson([slot, kind, options, { ...context }]);
    const answer = answers.get(question) ?? Promise.resolve(
      registry.get(slot, kind).preflight?.(options, context) ?? [],
    );
    answers.set(question, answer);
    return answer;
  };
  return async (loaded) => {
    const { spec, folder, locate } = loaded, operator = costOf(spec.operator, registry);
    const sizes = operator && rowSizes({
      data: operator.sources * product(operator.shotRange),
      unknown: product(operator.domain),
    });
    const files = fileFaults(spec.evaluation, { folder, sizes })
      .map(({ key, message }) => locate({ path: ["evaluation", "files", key], message }));
    return [...located(loaded, await asked(loaded, { registry, ask })), ...files]
      .map((issue) => ({ ...issue, message: deniedText(issue.message) }));
  };
}

/** What the components tell of a spec that passed preflight (dispersion, margins), with its lines. */
export function inspect(loaded: LoadedSpec, registry: Registry): SpecIssue[] {
  const context = contextOf(loaded);
  return located(
    loaded,
    componentsOf(loaded.spec).map(({ slot, declaration: { kind, ...options }, place }) => ({
      slot,
      place,
      remarks: registry.get(slot, kind).inspect?.(options, context) ?? [],
    })),
  );
}

/** A component, where it is written, and the operator that it goes with. */
interface Component {
  readonly slot: Slot;
  readonly declaration: Declaration;
  readonly place: Path;
  readonly operator: Declaration;
}

type Ask = (component: Component, context: SpecContext) => Promise<readonly Remark[]>;

interface Answer {
  readonly slot: Slot;
  readonly place: Path;
  readonly remarks: readonly Remark[];
}

async function asked(
  loaded: LoadedSpec,
  { registry, ask }: { registry: Registry; ask: Ask },
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const component of componentsOf(loaded.spec)) {
    const { slot, place, operator } = component;
    const domain = slot === "prior" ? costOf(operator, registry)?.domain : undefined;
    const remarks = await ask(component, { ...contextOf(loaded), ...domain && { domain } });
    answers.push({ slot, place, remarks });
  }
  return answers;
}

function contextOf({ spec, folder }: LoadedSpec): SpecContext {
  return { specFolder: folder, ...learns(spec) && { encoding: spec.correction.encoding } };
}

function costOf({ kind, ...options }: Declaration, registry: Registry): OperatorCost | undefined {
  return registry.get("operator", kind).cost?.(options) as OperatorCost | undefined;
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

function located({ locate }: LoadedSpec, answers: readonly Answer[]): SpecIssue[] {
  const said = new Set<string>();
  return answers.flatMap(({ slot, place, remarks }) =>
    remarks.filter(({ path, message }) => {
      // A shift inherits what it does not override: a remark on the nominal component is made once.
      const inherited = `${slot}.${path.join(".")}: ${message}`, first = !said.has(inherited);
      said.add(inherited);
      return first;
    }).map(({ path, message }) => locate({ path: [...place, ...path], message }))
  );
}

/** Every component, those of evaluation and shifts where they differ from the ones that they override. */
function componentsOf(spec: Spec): Component[] {
  const { correction, operator, scenarios: [nominal, ...shifts] } = spec;
  const part = (slot: Slot, declaration: Declaration, place: Path = [slot]): Component => ({
    slot,
    declaration,
    place,
    operator,
  });
  const parts = [
    part("prior", spec.prior),
    part("operator", operator),
    part("noise", spec.noise),
    part("summary", spec.summary),
    part("correction", correction),
    part("optimizer", correction.optimizer, ["correction", "optimizer"]),
  ];
  if (learns(spec)) {
    parts.push(
      part("flow", spec.flow),
      part("optimizer", spec.training.optimizer, ["training", "optimizer"]),
    );
  }
  const same = (a: Declaration, b: Declaration) => canonicalJson(a) === canonicalJson(b);
  if (!same(nominal.prior, spec.prior)) parts.push(part("prior", nominal.prior, ["evaluation", "prior"]));
  for (const [i, shift] of shifts.entries()) {
    for (const slot of PROBLEM_SLOTS) {
      if (same(shift[slot], nominal[slot])) continue;
      parts.push({ ...part(slot, shift[slot], ["shifts", i, slot]), operator: shift.operator });
    }
  }
  return parts;
}
