import { padded, stringWidth } from "../base/text_width.ts";
import type {
  CorrectionSpec,
  Declaration,
  LearningSpec,
  PolicySpec,
  Spec,
  SpecIssue,
} from "../contracts/spec.ts";
import { learns } from "../spec/learning.ts";
import { bytesText, type Plan, trainingPlan, wavefieldText } from "../plan/plan.ts";
import { duration } from "../base/progress.ts";
import { dimensionsOf } from "../spec/sweep_space.ts";
import { formatIssue } from "../spec/issues.ts";
import type { LoadedSpec } from "../spec/load.ts";

/** What `check` prints about a spec in addition to its plan. */
interface CheckNotes {
  readonly findings?: readonly SpecIssue[];
  /** Names of the plan's stages that a run would find in the cache. */
  readonly cached?: ReadonlySet<string>;
}

/** What a valid spec will do, what it will cost and what its components find in it, in a few aligned lines. */
export function checkText(
  { spec, hash }: LoadedSpec,
  plan?: Plan,
  { findings = [], cached = new Set() }: CheckNotes = {},
): string {
  const { evaluation } = spec;
  const rows: [string, string][] = [
    ["prior", options(spec.prior)],
    ["operator", options(spec.operator)],
    ["noise", options(spec.noise)],
    ["summary", options(spec.summary)],
    ...(learns(spec) ? learningRows(spec) : []),
    ["scenarios", spec.scenarios.map(({ name }) => name).join(", ")],
    [
      "evaluation",
      `${evaluation.observations} observations per scenario, ${evaluation.samples} samples each`,
    ],
    ["metrics", evaluation.metrics.join(", ")],
    ["baselines", evaluation.baselines.map(({ kind }) => kind).join(", ") || "none"],
    ["policy", spec.policy ? policyText(spec.policy) : ""],
    ["gates", Object.entries(spec.gates).map(([name, limit]) => `${name} ${limit}`).join(", ") || "none"],
    ["sweep", sweepText(spec)],
  ];
  const lines = rows.filter(([, text]) => text !== "").map(([name, text]) => `  ${name.padEnd(10)}  ${text}`);
  const title = `${spec.name}: the spec is valid (hash ${hash}, seed ${spec.seed}).`;
  return [title, ...lines, ...(plan ? planLines(plan, cached) : []), ...findings.map(formatIssue)].join("\n");
}

function policyText({ level, solves }: PolicySpec): string {
  return `below p = ${level} correct, ${
    solves === undefined ? "whatever it takes" : `for ${solves} solves at most`
  }`;
}

function learningRows({ flow, training, correction }: LearningSpec): [string, string][] {
  const { pairs, epochs, batch } = training, { steps } = trainingPlan(training);
  return [
    ["flow", options(flow)],
    ["training", `${pairs} pairs, ${epochs} epochs of batch ${batch}: ${steps} steps`],
    ["optimizer", options(training.optimizer)],
    ["correction", correctionText(correction)],
  ];
}

function correctionText({ kind, passes, encoding }: CorrectionSpec): string {
  return passes > 0 ? `${kind}, ${passes} passes, ${encoding} encodings` : kind;
}

/** Solves and time of every stage, and what fills the memory. */
function planLines({ cores, stages, memory, wavefields }: Plan, cached: ReadonlySet<string>): string[] {
  const sum = (of: (stage: Plan["stages"][number]) => number) =>
    stages.reduce((total, s) => total + of(s), 0);
  const total = { name: "total", solves: sum((s) => s.solves), seconds: sum((s) => s.seconds) };
  const width = Math.max(10, ...stages.map(({ name }) => stringWidth(name)));
  return [
    `Estimated cost on ${cores} ${cores === 1 ? "core" : "cores"} without a GPU, with nothing in the cache:`,
    ...[...stages, total].map(({ name, solves, seconds }) =>
      `  ${padded(name, { columns: width, right: false })}  ${
        solves.toLocaleString("en").padStart(12)
      } solves  ${duration(seconds).padStart(12)}${cached.has(name) ? "  cached" : ""}`
    ),
    `Memory: ${memory.map(({ name, bytes }) => `${name} ${bytesText(bytes)}`).join(", ")}.`,
    wavefieldText(wavefields),
  ];
}

/** A component's kind and scalar options, in SI units; nested ones would fill the screen. */
function options({ kind, ...rest }: Declaration): string {
  const scalars = Object.entries(rest).filter(([, value]) => value !== null && typeof value !== "object");
  return [kind, ...scalars.map(([name, value]) => `${name} ${value}`)].join(", ");
}

function sweepText({ sweep }: Spec): string {
  if (!sweep) return "";
  const { method, axes, seeds, trials } = sweep;
  const points = trials ?? dimensionsOf(sweep).reduce((n, { choices }) => n * choices!.length, 1);
  return `${method} over ${Object.keys(axes).join(" x ")}: ${points * seeds} trials`;
}
