import type { EvaluationSpec, Spec, SpecIssue } from "../contracts/spec.ts";
import { learns } from "./learning.ts";
import { canonicalJson, digest } from "../run/files.ts";
import type { Registry } from "../run/registry.ts";
import { readDocument, type SpecDocument } from "./document.ts";
import { gateFaults, testsOf } from "./gates.ts";
import { type Fault, faultsOf, SpecError } from "./issues.ts";
import { isMapping } from "./merge.ts";
import { type Path, valueAt } from "./path.ts";
import { applyOverride, type Override, spanOf } from "./overrides.ts";
import { PROBLEM_SLOTS, scenariosOf, type Shift, slugOf } from "./scenarios.ts";
import { DEFAULT_METRICS, specSchema } from "./schema.ts";
import { correctionFaults } from "./corrections.ts";
import { refinementFaults } from "./refinements.ts";
import { simulatorFaults } from "./simulators.ts";

/** A valid spec, with what a run records of it and the way back to its lines. */
export interface LoadedSpec {
  readonly spec: Spec;
  readonly path: string;
  /** The file as written, without overrides. */
  readonly text: string;
  readonly overrides: readonly string[];
  /** First 8 hex digits of the SHA-256 of the resolved spec. */
  readonly hash: string;
  locate(fault: Fault): SpecIssue;
}

export interface LoadOptions {
  readonly registry: Registry;
  /** `key.path=value`, applied in order. */
  readonly overrides?: readonly string[];
  /** Read instead of the file. */
  readonly text?: string;
}

type Written = Readonly<Record<string, unknown>>;

/** Reads, overrides and validates a spec; throws a `SpecError` with every issue found. */
export async function loadSpec(
  path: string,
  { registry, overrides = [], text }: LoadOptions,
): Promise<LoadedSpec> {
  const source = text ?? await readText(path);
  const document = readDocument(path, source);
  const schema = specSchema(registry);
  const applied: Override[] = [];
  let written: Written = document.value;
  for (const override of overrides) {
    const result = applyOverride(written, override, { schema });
    written = result.value;
    applied.push(result.override);
  }
  const locate = locator(document, { written, overrides: applied });
  const { spec, faults } = resolveSpec(written, registry);
  if (!spec || faults.length > 0) throw new SpecError(inOrder(faults.map(locate)));
  return { spec, path, text: source, overrides, hash: await hashSpec(spec), locate };
}

/** Identity of a resolved spec: first 8 hex digits of the SHA-256 of its canonical JSON. */
export function hashSpec(spec: Spec): Promise<string> {
  return digest(canonicalJson(spec), 8);
}

async function readText(path: string): Promise<string> {
  const issue = (message: string) => new SpecError([{ file: path, line: 1, column: 1, path: "", message }]);
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "there is no such file" : (error as Error).message;
    throw issue(`the spec cannot be read: ${why}`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw issue("the spec is not UTF-8 text");
  }
}

/** The spec of a written value: defaults filled in, quantities in SI units, scenarios complete. */
function resolveSpec(written: Written, registry: Registry): { spec?: Spec; faults: Fault[] } {
  const schema = specSchema(registry), parsed = schema.safeParse(written);
  if (!parsed.success) {
    const faults = faultsOf(parsed.error, { schema, input: written });
    return { faults: [...faults, ...furtherFaults(written, { faults, registry })] };
  }
  const { shifts, evaluation, ...rest } = parsed.data as Written & { shifts: Shift[]; evaluation: Written };
  const { scenarios, faults } = scenariosOf(written, { shifts, registry });
  const { prior: _, ...judged } = evaluation;
  const spec = { ...rest, evaluation: judged, scenarios } as unknown as Spec;
  faults.push(...namingFaults(shifts, spec));
  faults.push(...learningFaults(spec));
  if (faults.length === 0) faults.push(...simulatorFaults(spec, registry));
  if (faults.length === 0) faults.push(...correctionFaults(spec, registry));
  if (faults.length === 0) faults.push(...refinementFaults(spec, registry));
  if (faults.length === 0) faults.push(...sweepFaults(written, { axes: spec.sweep ?? {}, registry }));
  return { spec, faults };
}

/** What else is wrong with a spec whose schema already found faults, in the sections that it found sound. */
function furtherFaults(
  written: Written,
  { faults, registry }: { faults: readonly Fault[]; registry: Registry },
): Fault[] {
  const sound = (section: string) => !faults.some(({ path }) => path[0] === section);
  if (!sound("shifts") || !sound("evaluation")) return [];
  const shifts = (written.shifts ?? []) as readonly Shift[];
  const evaluation = { metrics: DEFAULT_METRICS, ...written.evaluation as Partial<EvaluationSpec> };
  const gates = isMapping(written.gates) ? written.gates : {};
  return [
    ...scenariosOf(written, { shifts, slots: PROBLEM_SLOTS.filter(sound), registry }).faults,
    ...namingFaults(shifts, { ...written, gates, evaluation }),
  ];
}

/** A flow without training, training without a flow, or what needs both in a spec that has neither. */
function learningFaults(spec: Spec): Fault[] {
  if (learns(spec)) return [];
  if (spec.flow) {
    return [{ path: ["flow"], message: "has no training: add training, or leave both out to image only" }];
  }
  if (spec.training) {
    return [{
      path: ["training"],
      message: "has no flow to train: add flow, or leave both out to image only",
    }];
  }
  const learned = Object.keys(spec.gates).filter((name) =>
    /^(?:[^/]*\/)?(?:amortized|corrected|refined|policy|calibration|detection)\./.test(name)
  );
  const why = "this spec has no flow and gives none";
  const sections: Path[] = [
    ...spec.policy ? [["policy"]] : [],
    ...spec.evaluation.calibration ? [["evaluation", "calibration"]] : [],
  ];
  return [
    ...sections.map((path) => ({ path, message: `is about a posterior: ${why}`, onKey: true })),
    ...learned.map((name) => ({
      path: ["gates", name],
      message: `is a limit on a posterior: ${why}`,
      onKey: true,
    })),
  ];
}

/** Names of shifts that clash, and gates that name what is not there. */
function namingFaults(
  shifts: readonly Shift[],
  { gates, evaluation, refinement, policy }: {
    gates: Readonly<Record<string, unknown>>;
    evaluation: Pick<EvaluationSpec, "metrics"> & Partial<EvaluationSpec>;
    refinement?: unknown;
    policy?: unknown;
  },
): Fault[] {
  const slugs = ["nominal", ...shifts.map(({ name }) => slugOf(name))], { metrics } = evaluation;
  const methods = [...refinement ? ["refined"] : [], ...policy ? ["policy"] : []];
  const judged = { slugs, metrics, methods, tests: testsOf(evaluation) };
  return [...nameFaults(shifts, slugs), ...gateFaults(gates, judged)];
}

function nameFaults(shifts: readonly Shift[], slugs: readonly string[]): Fault[] {
  return shifts.flatMap(({ name }, i) => {
    const path = ["shifts", i, "name"], slug = slugs[i + 1], first = slugs.indexOf(slug);
    if (slug === "") return [{ path, message: `is "${name}": it must hold a letter or a digit` }];
    if (first === i + 1) return [];
    const other = first === 0 ? "the nominal scenario" : `shift "${shifts[first - 1].name}"`;
    return [{ path, message: `is "${name}": its folder ${slug} is that of ${other}; names must differ` }];
  });
}

/** Each value of each axis, tried alone as --set would. */
function sweepFaults(
  written: Written,
  { axes, registry }: { axes: Readonly<Record<string, readonly unknown[]>>; registry: Registry },
): Fault[] {
  const { sweep: _, ...nominal } = written, schema = specSchema(registry);
  return Object.entries(axes).flatMap(([key, values]) => {
    const faults: Fault[] = [];
    for (const [i, value] of values.entries()) {
      const path = ["sweep", key, i];
      try {
        const { value: changed } = applyOverride(nominal, `${key}=${JSON.stringify(value)}`, { schema });
        for (const fault of resolveSpec(changed, registry).faults) {
          faults.push({ path, message: `${pathText(fault.path, changed)} ${fault.message}` });
        }
      } catch (error) {
        if (!(error instanceof SpecError)) throw error;
        return [{ path: ["sweep", key], onKey: true, message: error.issues[0].message }];
      }
    }
    return faults;
  });
}

function locator(
  document: SpecDocument,
  { written, overrides }: { written: Written; overrides: readonly Override[] },
): (fault: Fault) => SpecIssue {
  return (fault) => {
    const label = { path: pathText(fault.path, written), message: fault.message };
    for (const override of overrides.toReversed()) {
      const span = spanOf(override, { ...fault, written: document.has(fault.path) });
      if (!span) continue;
      const excerpt = { text: override.text, length: span.length };
      return { file: "--set", line: 1, column: span.start + 1, ...label, excerpt };
    }
    return { ...document.place(fault.path, fault), ...label };
  };
}

/** A path as --set takes it: entries of a list by their name where they have one. */
function pathText(path: Path, value: unknown): string {
  return path.map((key, i) => {
    const entry = valueAt(value, path.slice(0, i + 1));
    return typeof key === "number" && isMapping(entry) && typeof entry.name === "string" ? entry.name : key;
  }).join(".");
}

function inOrder(issues: readonly SpecIssue[]): SpecIssue[] {
  return issues.toSorted((a, b) => a.line - b.line || a.column - b.column);
}
