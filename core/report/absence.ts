import type { ScenarioSummary } from "../contracts/summary.ts";
import { labelOf } from "./looks.ts";
import type { MetricFormat } from "./metric_format.ts";

/**
 * Sentences about the absent metrics of a scenario, one per reason: which metrics, of which method, for how many
 * observations, and why.
 */
export function absencesOf(
  { absent = {}, observations, methods }: ScenarioSummary,
  format: MetricFormat,
): string[] {
  return Object.entries(absent).flatMap(([method, metrics]) => {
    const entries = Object.entries(metrics).flatMap(([metric, reasons]) =>
      Object.entries(reasons).map(([reason, count]) => ({ metric, count, reason }))
    );
    const alike = Map.groupBy(entries, ({ reason, count }) => `${count} ${reason}`);
    return [...alike.values()].map((lacking) => {
      const [{ count, reason }] = lacking;
      const names = lacking.map(({ metric }) => format.name(metric)).join(", ");
      if (method === "calibration") return `no calibration of the ${names} posterior: ${reason}`;
      return `no ${names} of ${labelOf(methods, method)} in ${count} of ${observations}: ${reason}`;
    });
  });
}
