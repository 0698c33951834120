import type { Metric, MetricOutput } from "../../../core/contracts/metric.ts";
import { metricOutputs } from "../../../core/metrics/mod.ts";
import { plugins } from "../../../core/metrics/plugins.ts";
import { createRegistry } from "../../../core/registry/registry.ts";

/** Every metric that ships, by its kind, with the names of its numbers. */
export const metrics: Readonly<Record<string, { readonly gives: readonly string[]; evaluate: Metric }>> =
  Object.fromEntries(
    plugins.map(({ kind, gives, build }) => [
      kind,
      { gives: Object.keys(gives), evaluate: build({}, {}) as Metric },
    ]),
  );

/** What a summary says of their numbers, where the unknown has this unit. */
export function described(unit?: string): Readonly<Record<string, MetricOutput>> {
  const outputs = Object.entries(metricOutputs(createRegistry(plugins)));
  return Object.fromEntries(
    outputs.map(([name, output]) => [name, output.unit === "unknown" ? { ...output, unit } : output]),
  );
}
