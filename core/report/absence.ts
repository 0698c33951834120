import { metricLabel } from "./metric_format.ts";
import { labelOf, type ScenarioSummary } from "./summary.ts";

/** What a scenario lacks, a sentence a reason: which metrics, of which method and how many observations, and why. */
export function absencesOf({ absent = {}, observations }: ScenarioSummary): string[] {
  return Object.entries(absent).flatMap(([method, metrics]) => {
    const entries = Object.entries(metrics).flatMap(([metric, { observations, reasons }]) =>
      reasons.map((reason) => ({ metric, observations, reason }))
    );
    return [...Map.groupBy(entries, ({ reason }) => reason)].map(([reason, lacking]) => {
      const names = lacking.map(({ metric }) => metricLabel(metric)).join(", ");
      const count = Math.max(...lacking.map(({ observations }) => observations));
      return `no ${names} of ${labelOf(method)} in ${count} of ${observations}: ${reason}`;
    });
  });
}
