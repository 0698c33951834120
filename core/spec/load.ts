import type { EvaluationSpec, Spec, SpecIssue } from "../contracts/spec.ts";
import { baselinesNeeding, repeatedBaselines } from "./methods.ts";
import { learns } from "./learning.ts";
import { canonicalJson, digest } from "../base/files.ts";
import { defaultMetrics, measured } from "../registry/metrics.ts";
import type { Registry } from "../registry/registry.ts";
import { compose } from "./compose.ts";
import { correctionFaults, withoutIdlePasses } from "./corrections.ts";
import { filesOf, rebased } from "./file_options.ts";
import { assemblyFaults } from "./assembly.ts";
import { GATE_NAME, gateFaults, methodsOf, testsOf } from "./gates.ts";
import { type Grammar, grammarOf } from "./grammar.ts";
import { type Fault, faultsOf, SpecError } from "./issues.ts";
import { locator, originTeller } from "./locate.ts";
import { applyOverride, type Override } from "./overrides.ts";
import { componentInput, componentPath, isMapping, type Path } from "./path.ts";
import { pathText, readPath, segmentsOf } from "./path_text.ts";
import { PROBLEM_SLOTS } from "./problem_slots.ts";
import { refinementFaults } from "./refinements.ts";
import { scenariosOf, type Shift, slugOf } from "./scenarios.ts";
import { simulatorFaults } from "./simulators.ts";
import { isWhole } from "./schema_fields.ts";
import { type Attempt, sweepFaults, withRanking, withWholeAxes } from "./sweeps.ts";

/** A valid spec, with what a run records about it and the origin of each value. */
export interface LoadedSpec {
  readonly spec: Spec;
  readonly path: string;
  /** Where relative paths in the spec start from. */
  readonly folder: string;
  /** The file as written, without overrides and what it extends. */
  readonly text: string;
  /** The spec before defaults, quantities as text: merged with what it extends, and overridden. */
  readonly written: Written;
  readonly overrides: readonly string[];
  /** The files that options name, as `folder` reaches them. */
  readonly files: readonly string[];
  /** First 8 hex digits of the SHA-256 of the resolved spec. */
  readonly hash: string;
  locate(fault: Fault): SpecIssue;
  /** Who wrote the value at a path of the resolved spec: "base.yaml:12", "--set" or "default". */
  origin(path: Path): string;
}

interface LoadOptions {
  readonly registry: Registry;
  /** `key.path=value`, applied in order. */
  readonly overrides?: readonly string[];
  /** Read instead of the file. */
  readonly text?: string;
}

type Written = Readonly<Record<string, unknown>>;

/** Reads, composes, overrides and validates a spec; throws a `SpecError` with every issue found. */
export function loadSpec(path: string, { registry, ...options }: LoadOptions): Promise<LoadedSpec> {
  return specLoader(registry)(path, options);
}

/** {@link loadSpec} for many specs of one registry. */
export function specLoader(
  registry: Registry,
): (path: string, options?: Omit<LoadOptions, "registry">) => Promise<LoadedSpec> {
  const grammar = grammarOf(registry), { schema } = grammar;
  return async (path, { overrides = [], text } = {}) => {
    const { value, origin, source: { folder }, text: yaml } = await compose(path, { schema, text });
    const applied: Override[] = [];
    let written = rebased(value, { origin, folder, grammar });
    for (const override of overrides) {
      const result = applyOverride(written, override, { schema });
      written = result.value;
      applied.push(result.override);
    }
    const sources = { written, origin, overrides: applied }, locate = locator(sources);
    const { spec, faults } = resolveSpec(written, grammar);
    if (!spec || faults.length > 0) throw new SpecError(inOrder(faults.map(locate), path));
    const files = filesOf(spec, grammar), hash = await hashSpec(spec);
    return {
      spec,
      path,
      folder,
      text: yaml,
      written,
      overrides,
      files,
      hash,
      locate,
      origin: originTeller(sources),
    };
  };
}

/**
 * Identity of a resolved spec: the first 8 hex digits of the SHA-256 of its canonical JSON. `sweep` and `launch` are
 * not part of the identity.
 */
function hashSpec({ sweep: _, launch: __, ...experiment }: Spec): Promise<string> {
  return digest(canonicalJson(experiment), 8);
}

/** The spec of a written value: defaults filled in, quantities in SI units, scenarios complete. */
function resolveSpec(written: Written, grammar: Grammar): { spec?: Spec; faults: Fault[] } {
  const { schema, registry, components } = grammar, parsed = schema.safeParse(written);
  if (!parsed.success) {
    const faults = faultsOf(parsed.error, { schema, input: written });
    return { faults: [...faults, ...furtherFaults(written, { faults, grammar })] };
  }
  const { shifts, evaluation, ...rest } = parsed.data as Written & { shifts: Shift[]; evaluation: Written };
  const { scenarios, faults } = scenariosOf(written, { shifts, components });
  const { prior: _, ...judged } = evaluation;
  const whole = withoutIdlePasses({ ...rest, evaluation: judged, scenarios } as unknown as Spec, registry);
  const spec = withWholeAxes(whole, (key) => isWholeAt(key, { written, schema }));
  faults.push(...namingFaults(shifts, spec, registry));
  faults.push(...learningFaults(spec, registry), ...repeatedBaselines(spec));
  if (faults.length === 0) faults.push(...simulatorFaults(spec, registry));
  if (faults.length === 0) faults.push(...assemblyFaults(spec, registry));
  if (faults.length === 0) faults.push(...correctionFaults(spec, registry));
  if (faults.length === 0) faults.push(...refinementFaults(spec, registry));
  if (faults.length === 0 && spec.sweep) {
    const { sweep, ...nominal } = written;
    const attempt = (text: string) => overrideFaults(nominal, { text, grammar });
    faults.push(...sweepFaults(spec, { written: sweep, attempt }));
  }
  return { spec: faults.length === 0 ? withRanking(spec) : spec, faults };
}

function isWholeAt(
  key: string,
  { written, schema }: { written: Written; schema: Grammar["schema"] },
): boolean {
  const path = readPath(segmentsOf(key) ?? [], { root: written, schema })?.path;
  return path !== undefined &&
    isWhole(schema, { path: componentPath(path), input: componentInput(written, path) });
}

/** The issues of a spec under one more override. Each has the path as --set takes it. */
function overrideFaults(written: Written, { text, grammar }: { text: string; grammar: Grammar }): Attempt {
  try {
    const { value } = applyOverride(written, text, { schema: grammar.schema });
    return {
      value: resolveSpec(value, grammar).faults.map((f) => `${pathText(f.path, value)} ${f.message}`),
    };
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    return { key: error.issues[0].message };
  }
}

/**
 * Further issues of a spec whose schema has already found some. Only the sections without such an issue are checked.
 */
function furtherFaults(
  written: Written,
  { faults, grammar: { components, registry } }: { faults: readonly Fault[]; grammar: Grammar },
): Fault[] {
  const sound = (section: string) => !faults.some(({ path }) => path[0] === section);
  if (!sound("shifts") || !sound("evaluation")) return [];
  const shifts = (written.shifts ?? []) as readonly Shift[];
  const evaluation = {
    metrics: defaultMetrics(registry),
    ...written.evaluation as Partial<EvaluationSpec>,
  };
  const gates = isMapping(written.gates) ? written.gates : {};
  return [
    ...scenariosOf(written, { shifts, slots: PROBLEM_SLOTS.filter(sound), components }).faults,
    ...namingFaults(shifts, { ...written, gates, evaluation }, registry),
  ];
}

/** Issues of a flow without training, of training without a flow, and of sections that need both. */
function learningFaults(spec: Spec, registry: Registry): Fault[] {
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
  const needing = registry.of("method").filter(({ needs }) => needs?.includes("flow"))
    .map(({ kind }) => kind);
  const learned = Object.keys(spec.gates).filter((name) =>
    [...needing, "calibration", "detection"].includes(GATE_NAME.exec(name)?.[2] ?? "")
  );
  const why = "this spec has no flow and gives none";
  const sections: Path[] = [
    ...baselinesNeeding("flow", { spec, registry }).map(({ path }) => path),
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
  registry: Registry,
): Fault[] {
  const slugs = ["nominal", ...shifts.map(({ name }) => slugOf(name))], { calibration } = evaluation;
  const metrics = measured(evaluation.metrics, registry);
  const methods = methodsOf(registry, { refinement, policy, calibration });
  const judged = { slugs, metrics, ...methods, tests: testsOf(evaluation) };
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

/** The spec's own issues first, then those of the files that it extends, each in the order of lines. */
function inOrder(issues: readonly SpecIssue[], path: string): SpecIssue[] {
  // By code points, so that the order is the same in every locale.
  const rank = ({ file }: SpecIssue) => file === path ? "" : file;
  const byFile = (a: string, b: string) => a < b ? -1 : Number(a > b);
  return issues.toSorted((a, b) => byFile(rank(a), rank(b)) || a.line - b.line || a.column - b.column);
}
