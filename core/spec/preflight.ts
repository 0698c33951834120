import type { OperatorCost } from "../contracts/cost.ts";
import type { Remark, Slot, Slots, SpecContext } from "../contracts/plugin.ts";
import type { Declaration, SpecIssue } from "../contracts/spec.ts";
import { learns } from "./learning.ts";
import { canonicalJson } from "../run/files.ts";
import { fileFaults, rowSizes } from "../run/observations.ts";
import { deniedText } from "../run/place.ts";
import type { Registry } from "../run/registry.ts";
import { type Component, componentsOf } from "./components.ts";
import { filesIn } from "./file_options.ts";
import type { Path } from "./path.ts";
import type { LoadedSpec } from "./load.ts";

/**
 * What the components themselves say against a valid spec (stability, sampling, geometry, their files), and what is
 * wrong with the files of observations, with its lines.
 */
export function preflight(loaded: LoadedSpec, registry: Registry): Promise<SpecIssue[]> {
  return preflighter(registry)(loaded);
}

/** {@link preflight} for many specs that share components: each is asked once, and its files are read once. */
export function preflighter(registry: Registry): (loaded: LoadedSpec) => Promise<SpecIssue[]> {
  const remarksOn = remembering(({ slot, declaration: { kind, ...options }, context }: Question) =>
    registry.get(slot, kind).preflight?.(options, context) ?? []
  );
  const shapesOf = remembering((operator: OperatorAt) => operatorShapes(operator, registry));
  return async (loaded) => {
    const { spec, folder, locate } = loaded, answers: Answer[] = [];
    for (const { slot, declaration, place, operator } of componentsOf(spec)) {
      const { kind, ...options } = declaration, context = contextOf(loaded);
      const reads = slot === "prior" && filesIn(registry.get(slot, kind).schema, options).length > 0;
      const domain = reads ? (await shapesOf({ declaration: operator, folder }))?.domain : undefined;
      const remarks = await remarksOn({
        slot,
        declaration,
        context: { ...context, ...domain && { domain } },
      });
      answers.push({ slot, place, remarks });
    }
    const shapes = spec.evaluation.files && await shapesOf({ declaration: spec.operator, folder });
    const sizes = shapes && rowSizes({ data: shapes.data, unknown: product(shapes.domain) });
    const files = fileFaults(spec.evaluation, { folder, sizes })
      .map(({ key, message }) => locate({ path: ["evaluation", "files", key], message }));
    return [...located(loaded, answers), ...files]
      .map((issue) => ({ ...issue, message: deniedText(issue.message) }));
  };
}

/** A function that answers each question once. */
function remembering<Q, A>(answer: (question: Q) => A | Promise<A>): (question: Q) => Promise<A> {
  const answers = new Map<string, Promise<A>>();
  return (question) => {
    const id = canonicalJson(question), known = answers.get(id) ?? Promise.resolve(answer(question));
    answers.set(id, known);
    return known;
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

interface Question extends Pick<Component, "slot" | "declaration"> {
  readonly context: SpecContext;
}

interface OperatorAt {
  readonly declaration: Declaration;
  /** Where its paths start from. */
  readonly folder: string;
}

interface Answer {
  readonly slot: Slot;
  readonly place: Path;
  readonly remarks: readonly Remark[];
}

function contextOf({ spec, folder }: LoadedSpec): SpecContext {
  return { specFolder: folder, ...learns(spec) && { encoding: spec.correction.encoding } };
}

/** Shape of an operator's unknown, and how many data all its sources give. */
interface OperatorShapes {
  readonly domain: readonly number[];
  readonly data: number;
}

/**
 * From what an operator costs, or from a survey where it tells no cost, as it then takes next to nothing to build. One
 * that cannot be built has none: its own preflight says why.
 */
async function operatorShapes(
  { declaration: { kind, ...options }, folder }: OperatorAt,
  registry: Registry,
): Promise<OperatorShapes | undefined> {
  const plugin = registry.get("operator", kind), told = plugin.cost?.(options) as OperatorCost | undefined;
  if (told) return { domain: told.domain, data: told.sources * product(told.shotRange) };
  try {
    const survey = await plugin.build(options, {
      resources: { workers: 1, memory: 0 },
      specFolder: folder,
    }) as Slots["operator"]["component"];
    await survey.close();
    return { domain: survey.domain.shape, data: product(survey.stacked.range.shape) };
  } catch {
    return undefined;
  }
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
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
