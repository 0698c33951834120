import type { Declaration } from "../contracts/spec.ts";
import type { LoadedSpec } from "./load.ts";

/** What a valid spec will do, in a few aligned lines. */
export function checkText({ spec, hash }: LoadedSpec): string {
  const { training, correction, evaluation } = spec;
  const trained = training.pairs - Math.floor(training.validation * training.pairs);
  const steps = training.epochs * Math.ceil(trained / training.batch);
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
  return [`${spec.name}: the spec is valid (hash ${hash}, seed ${spec.seed}).`, ...lines].join("\n");
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
