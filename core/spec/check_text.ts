import type { Declaration } from "../contracts/spec.ts";
import { type Plan, trainingPlan } from "../run/plan.ts";
import { duration } from "../run/progress.ts";
import type { LoadedSpec } from "./load.ts";

/** What a valid spec will do, and what it will cost, in a few aligned lines. */
export function checkText({ spec, hash }: LoadedSpec, plan?: Plan): string {
  const { training, correction, evaluation } = spec;
  const { steps } = trainingPlan(training);
  const rows: [string, string][] = [
    ["prior", options(spec.prior)],
    ["operator", options(spec.operator)],
    ["noise", options(spec.noise)],
    ["summary", options(spec.summary)],
    ["flow", options(spec.flow)],
    [
      "training",
      `${training.pairs} pairs, ${training.epochs} epochs of batch ${training.batch}: ${steps} steps`,
    ],
    ["optimizer", options(training.optimizer)],
    ["correction", `${correction.kind}, ${correction.passes} passes, ${correction.encoding} encodings`],
    ["scenarios", spec.scenarios.map(({ name }) => name).join(", ")],
    [
      "evaluation",
      `${evaluation.observations} observations per scenario, ${evaluation.samples} samples each`,
    ],
    ["metrics", evaluation.metrics.join(", ")],
    ["baselines", evaluation.baselines.join(", ") || "none"],
    ["gates", Object.entries(spec.gates).map(([name, limit]) => `${name} ${limit}`).join(", ") || "none"],
    ["sweep", sweepText(spec.sweep ?? {})],
  ];
  const lines = rows.filter(([, text]) => text !== "").map(([name, text]) => `  ${name.padEnd(10)}  ${text}`);
  const title = `${spec.name}: the spec is valid (hash ${hash}, seed ${spec.seed}).`;
  return [title, ...lines, ...(plan ? planLines(plan) : [])].join("\n");
}

/** Solves and time of every stage, and what fills the memory. */
function planLines({ cores, stages, memory, backgroundsKept }: Plan): string[] {
  const sum = (of: (stage: Plan["stages"][number]) => number) =>
    stages.reduce((total, s) => total + of(s), 0);
  const total = { name: "total", solves: sum((s) => s.solves), seconds: sum((s) => s.seconds) };
  const width = Math.max(10, ...stages.map(({ name }) => name.length));
  return [
    `Estimated cost on ${cores} ${cores === 1 ? "core" : "cores"} without a GPU, with nothing in the cache:`,
    ...[...stages, total].map(({ name, solves, seconds }) =>
      `  ${name.padEnd(width)}  ${solves.toLocaleString("en").padStart(12)} solves  ${
        duration(seconds).padStart(12)
      }`
    ),
    `Memory: ${memory.map(({ name, bytes }) => `${name} ${bytesText(bytes)}`).join(", ")}.`,
    ...(backgroundsKept ? [] : [
      "The background wavefields of all sources do not fit: each solve takes another one for its background.",
    ]),
  ];
}

function bytesText(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** A component's kind and scalar options, in SI units; nested ones would fill the screen. */
function options({ kind, ...rest }: Declaration): string {
  const scalars = Object.entries(rest).filter(([, value]) => value !== null && typeof value !== "object");
  return [kind, ...scalars.map(([name, value]) => `${name} ${value}`)].join(", ");
}

function sweepText(sweep: Readonly<Record<string, readonly unknown[]>>): string {
  const axes = Object.entries(sweep), runs = axes.reduce((n, [, values]) => n * values.length, 1);
  return axes.length === 0 ? "" : `${axes.map(([key]) => key).join(" x ")}: ${runs} runs`;
}
