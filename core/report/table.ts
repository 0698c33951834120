import type { GateOutcome, RunSummary, ScenarioSummary } from "../contracts/summary.ts";
import { padded, stringWidth } from "../base/text_width.ts";
import { absencesOf } from "./absence.ts";
import { bestMethods, gateNumbers, metricLabel, metricNames, signed, withError } from "./metric_format.ts";
import { trustLines } from "./trust.ts";
import { gainOf, methodRows } from "./summary.ts";

/** The scenarios as text for a terminal: per scenario one row a metric, one column a method, `*` at the best. */
export function scenarioTable(summary: RunSummary): string {
  return summary.scenarios.map(oneScenario).join("\n\n");
}

/** A gate's outcome in one line. */
export function gateText(gate: GateOutcome): string {
  const { value, z } = gateNumbers(gate), sure = z === "" ? "" : ` (z = ${z})`;
  const why = gate.reason === undefined ? "" : `. ${gate.reason}`;
  return `gate ${gate.name} ${gate.limit}: ${value}${sure}, ${gate.passed ? "passed" : "FAILED"}${why}`;
}

function oneScenario(scenario: ScenarioSummary): string {
  const rows = methodRows(scenario);
  const gained = scenario.corrected !== undefined;
  const header = ["", ...rows.map((row) => row.label), ...(gained ? ["gain"] : [])];
  const body = metricNames(rows).map((metric) => {
    const best = bestMethods(metric, rows);
    const cells = rows.map(({ method, values, errors }) =>
      (best.includes(method) ? "*" : "") + withError(metric, { value: values[metric], error: errors[metric] })
    );
    return [metricLabel(metric), ...cells, ...(gained ? [gainCell(scenario, metric)] : [])];
  });
  const count = `${scenario.observations} observation${scenario.observations === 1 ? "" : "s"}`;
  return [
    `${scenario.name} (${count})`,
    ...aligned([header, ...body]),
    ...absenceLines(scenario),
    ...trustLines(scenario),
  ]
    .join("\n");
}

function absenceLines(scenario: ScenarioSummary): string[] {
  return absencesOf(scenario).map((sentence) => `  ${sentence}`);
}

function gainCell(scenario: ScenarioSummary, metric: string): string {
  const gain = gainOf(scenario, metric);
  return gain === null ? "-" : signed(metric, gain);
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => stringWidth(row[c]))));
  return rows.map((row) =>
    "  " +
    row.map((cell, c) => padded(cell, { columns: widths[c], right: c > 0 })).join("  ").trimEnd()
  );
}
