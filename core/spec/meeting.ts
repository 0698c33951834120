import type { OperatorShapes, Plugin, SpecContext } from "../contracts/plugin.ts";
import type { ProblemSpec, Spec } from "../contracts/spec.ts";
import { flowShapes } from "../inference/standardize.ts";
import { pairCounts } from "../inference/train.ts";
import type { Registry } from "../registry/registry.ts";
import { learns } from "./learning.ts";

/** The other components that each component of a scenario is used with, as far as the declarations describe them. */
export function meetingOf(
  spec: Spec,
  { operator }: Pick<ProblemSpec, "operator">,
  { registry, specFolder }: { registry: Registry; specFolder: string },
): SpecContext {
  const shapes = shapesOf(operator, { registry, specFolder }), { kind, ...options } = spec.summary;
  const summary = (registry.get("summary", kind) as Plugin<"summary">)
    .shapes?.(options, { specFolder, operator: shapes });
  const met = { specFolder, operator: shapes, summary };
  if (!learns(spec)) return met;
  const { pairs, validation, batch } = spec.training;
  return {
    ...met,
    encoding: spec.correction.encoding,
    pairs: { all: pairs, batch, ...pairCounts(pairs, validation) },
    flow: shapes && summary && flowShapes({ x: shapes.domain, y: summary }),
  };
}

function shapesOf(
  { kind, ...options }: ProblemSpec["operator"],
  { registry, specFolder }: { registry: Registry; specFolder: string },
): OperatorShapes | undefined {
  return (registry.get("operator", kind) as Plugin<"operator">).shapes?.(options, { specFolder });
}
