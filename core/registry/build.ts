import type { Correction } from "../contracts/correction.ts";
import type { Flow, Optimizer } from "../contracts/flow.ts";
import type { Resources } from "../contracts/cost.ts";
import type { ArrayStore, Survey } from "../contracts/operator.ts";
import type { Slot, Slots } from "../contracts/plugin.ts";
import type { Prior } from "../contracts/problem.ts";
import type { Declaration, LearningSpec, ProblemSpec } from "../contracts/spec.ts";
import { canonicalJson } from "../base/files.ts";
import type { Registry } from "./registry.ts";

/** Where components come from and what the machine gives them. */
export interface ResolveContext {
  readonly registry: Registry;
  /** Folder that relative paths in the spec start from. */
  readonly specFolder: string;
  readonly resources: Resources;
  /** The opened engine's name. */
  readonly engine: string;
  /** Where the arrays of an operator are kept; absent: nowhere. */
  readonly arraysOf?: (operator: Declaration) => ArrayStore;
}

/** Builds the component that a declaration names. */
export async function build<S extends Slot>(
  registry: Registry,
  slot: S,
  { declaration, context }: { declaration: Declaration; context: Slots[S]["context"] },
): Promise<Slots[S]["component"]> {
  const { kind, ...options } = declaration;
  return await registry.get(slot, kind).build(options, context) as Slots[S]["component"];
}

/** Surveys of one run, each built once per distinct operator declaration; `close` ends them all. */
export interface Surveys {
  get(operator: Declaration): Promise<Survey>;
  /** Wave-equation solves of all surveys so far. */
  solves(): number;
  close(): Promise<void>;
}

/** Explicit matrices and dense posteriors are the tensor engine's, which so opens with the first survey. */
export function openSurveys(
  { registry, resources, engine, specFolder, arraysOf, openTensors }: ResolveContext & {
    readonly openTensors: () => Promise<void>;
  },
): Surveys {
  const open = new Map<string, Survey>();
  return {
    async get(operator) {
      await openTensors();
      const id = canonicalJson(operator);
      const context = {
        resources,
        engine: engine === "webgpu" ? "webgpu" : "wasm",
        specFolder,
        store: arraysOf?.(operator),
      } as const;
      const survey = open.get(id) ?? await build(registry, "operator", { declaration: operator, context });
      open.set(id, survey);
      return survey;
    },
    solves: () => [...open.values()].reduce((sum, survey) => sum + survey.solves.count, 0),
    async close() {
      for (const survey of open.values()) await survey.close();
    },
  };
}

/** Builds a problem's prior over the survey's unknown. */
export function buildPrior(
  { prior }: Pick<ProblemSpec, "prior">,
  survey: Survey,
  { registry, specFolder }: ResolveContext,
): Promise<Prior> {
  const context = { domain: survey.domain, mask: survey.mask, specFolder };
  return build(registry, "prior", { declaration: prior, context });
}

/** The parts of a spec that learn. */
export async function buildLearners(
  spec: LearningSpec,
  { registry, shapes }: { registry: Registry; shapes: Slots["flow"]["context"] },
): Promise<{ flow: Flow; optimizer: Optimizer; correction: Correction; corrector: Optimizer }> {
  const none = {};
  return {
    flow: await build(registry, "flow", { declaration: spec.flow, context: shapes }),
    optimizer: await build(registry, "optimizer", { declaration: spec.training.optimizer, context: none }),
    correction: await build(registry, "correction", { declaration: spec.correction, context: none }),
    corrector: await build(registry, "optimizer", { declaration: spec.correction.optimizer, context: none }),
  };
}
