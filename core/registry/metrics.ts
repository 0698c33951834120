import type { MetricInput } from "../contracts/metric.ts";
import type { Plugin } from "../contracts/plugin.ts";
import type { Registry } from "./registry.ts";

/**
 * The kinds that a spec may list: all but those that are measured beside every reference. To list a metric that limits
 * itself there lifts its limits.
 */
export function listableMetrics(registry: Registry): string[] {
  const limited = ({ besideReference: beside }: Plugin<"metric">) => beside?.unknowns ?? beside?.samples;
  return registry.of("metric").flatMap((metric) =>
    metric.besideReference && limited(metric) === undefined ? [] : [metric.kind]
  );
}

/** The kinds that a spec measures if it lists none. */
export function defaultMetrics(registry: Registry): string[] {
  return registry.of("metric").flatMap((metric) => metric.default ? [metric.kind] : []);
}

/** The metrics of a run that lists these kinds: the listed ones, and those that are measured beside a reference. */
export function measured(
  kinds: readonly string[],
  registry: Registry,
): { listed: readonly Plugin<"metric">[]; beside: readonly Plugin<"metric">[] } {
  return {
    listed: kinds.map((kind) => registry.get("metric", kind)),
    beside: registry.of("metric").filter(({ kind, besideReference }) =>
      besideReference && !kinds.includes(kind)
    ),
  };
}

/** The inputs that a run must compute for these kinds. */
export function neededInputs(kinds: readonly string[], registry: Registry): ReadonlySet<MetricInput> {
  const { listed, beside } = measured(kinds, registry);
  return new Set([...listed, ...beside].flatMap(({ needs }) => needs));
}
