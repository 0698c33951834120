import type { MetricOutput } from "../contracts/metric.ts";
import type { Registry } from "../registry/registry.ts";

/** What methods that iterate give about their own convergence. */
const DIAGNOSTICS: Readonly<Record<string, MetricOutput>> = {
  rHat: { label: "split R-hat", better: "lower", decimals: 3 },
  ess: { label: "effective samples", better: "higher", decimals: 0 },
};

/** Every number that an estimate may be judged by, by name: those of the metrics in order, then the diagnostics. */
export function metricOutputs(registry: Registry): Readonly<Record<string, MetricOutput>> {
  return Object.assign({}, ...registry.of("metric").map(({ gives }) => gives), DIAGNOSTICS);
}
