import type { GateOutcome, RunSummary, ScenarioSummary } from "../contracts/summary.ts";
import { padded, stringWidth } from "../base/text_width.ts";
import { absencesOf } from "./absence.ts";
import { gateNumbers, type MetricFormat, metricFormat } from "./metric_format.ts";
import { trustLines } from "./trust.ts";
import { gainOf, methodRows } from "./summary.ts";

/** The scenarios as text for a terminal: per scenario one row a metric, one column a method, `*` at the best. */
export function scenarioTable(summary: RunSummary): string {
  const format = metricFormat(summary.metrics);
  return summary.scenarios.map((scenario) => oneScenario(scenario, format)).join("\n\n");
}

/** A gate's outcome in one line. */
export function gateText(gate: GateOutcome): string {
  const { value, z } = gateNumbers(gate), sure = z === "" ? "" : ` (z = ${z})`;
  const why = gate.reason === undefined ? "" : `. ${gate.reason}`;
  return `gate ${gate.name} ${gate.limit}: ${value}${sure}, ${gate.passed ? "passed" : "FAILED"}${why}`;
}

function oneScenario(scenario: ScenarioSummary, format: MetricFormat): string {
  const rows = methodRows(scenario);
  const gained = scenario.corrected !== undefined;
  const header = ["", ...rows.map((row) => row.label), ...(gained ? ["gain"] : [])];
  const body = format.names(rows).map((metric) => {
    const best = format.best(metric, rows);
    const cells = rows.map(({ method, values, errors }) =>
      (best.includes(method) ? "*" : "") +
      format.withError(metric, { value: values[metric], error: errors[metric] })
    );
    return [format.label(metric), ...cells, ...(gained ? [gainCell(scenario, { metric, format })] : [])];
  });
  const count = `${scenario.observations} observation${scenario.observations === 1 ? "" : "s"}`;
  return [
    `${scenario.name} (${count})`,
    ...aligned([header, ...body]),
    ...absencesOf(scenario, format).map((sentence) => `  ${sentence}`),
    ...trustLines(scenario),
  ]
    .join("\n");
}

function gainCell(
  scenario: ScenarioSummary,
  { metric, format }: { metric: string; format: MetricFormat },
): string {
  const gain = gainOf(scenario, metric);
  return gain === null ? "-" : format.signed(metric, gain);
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => stringWidth(row[c]))));
  return rows.map((row) =>
    "  " +
    row.map((cell, c) => padded(cell, { columns: widths[c], right: c > 0 })).join("  ").trimEnd()
  );
}
