import type { RunSummary, ScenarioSummary } from "../contracts/summary.ts";
import { type Markup, markup } from "./markup.ts";
import { gateNumbers, type MetricFormat, metricFormat } from "./metric_format.ts";
import { absencesOf } from "./absence.ts";
import { gainOf, type MethodRow, methodRows } from "./summary.ts";

/** Scenarios as row groups, methods as rows, metrics as columns; the best of a group is bold. */
export function scenariosTable(
  { scenarios, metrics }: Pick<RunSummary, "scenarios" | "metrics">,
): Markup {
  const all = scenarios.map((scenario) => ({ scenario, rows: methodRows(scenario) }));
  const format = metricFormat(metrics), names = format.names(all.flatMap(({ rows }) => rows));
  if (names.length === 0) return markup`<p class="note">No scenario has been judged yet.</p>`;
  const note =
    "Means over the observations of a scenario ± standard error; the best of each scenario in bold.";
  const [regions, whole] = [true, false].map((inRegions) =>
    names.filter((name) => format.regional(name) === inRegions)
  );
  const judged = (columns: readonly string[]) =>
    all.map((one) => ({ ...one, rows: havingAny(one.rows, columns) }));
  const tableOf = (columns: readonly string[]) =>
    table(
      ["Method", ...columns.map(format.label)],
      judged(columns).map((one) => scenarioBody(one, { names: columns, format })),
    );
  return markup`${tableOf(whole)}
<p class="note">${note}</p>${all.map(({ scenario }) => absenceNote(scenario, format))}${
    regions.length > 0 && markup`<h3>Coverage by region</h3>${tableOf(regions)}`
  }`;
}

/** The metrics that cannot be computed, and the reasons. */
function absenceNote(scenario: ScenarioSummary, format: MetricFormat): Markup {
  return markup`${
    absencesOf(scenario, format).map((s) => markup`<p class="note">${scenario.name}: ${s}</p>`)
  }`;
}

function havingAny(rows: readonly MethodRow[], columns: readonly string[]): MethodRow[] {
  return rows.filter(({ values }) => columns.some((name) => name in values));
}

function scenarioBody(
  { scenario, rows }: { scenario: ScenarioSummary; rows: readonly MethodRow[] },
  { names, format }: { names: readonly string[]; format: MetricFormat },
): Markup {
  const { name, slug, observations } = scenario;
  const best = new Map(names.map((metric) => [metric, format.best(metric, rows)]));
  const count = `${observations} observation${observations === 1 ? "" : "s"}`;
  const methods = rows.map((row) => {
    const cells = names.map((metric) =>
      valueCell(metric, { row, best: best.get(metric)!.includes(row.method), format })
    );
    return markup`<tr><td>${row.label}</td>${cells}</tr>`;
  });
  const gains = names.map((metric) => markup`<td>${gain(scenario, { metric, format })}</td>`);
  return markup`<tbody>
<tr><th colspan="${
    names.length + 1
  }"><a href="#${slug}">${name}</a> <span class="meta">${count}</span></th></tr>
${methods}
${scenario.corrected && markup`<tr class="gain"><td>gain</td>${gains}</tr>`}
</tbody>`;
}

function valueCell(
  metric: string,
  { row, best, format }: { row: MethodRow; best: boolean; format: MetricFormat },
): Markup {
  const shown = format.withError(metric, { value: row.values[metric], error: row.errors[metric] });
  const [value, error] = shown.split(" ± ");
  const tail = error && markup` <span class="error">± ${error}</span>`;
  return markup`<td class="${best ? "best" : ""}">${value}${tail}</td>`;
}

function gain(
  scenario: ScenarioSummary,
  { metric, format }: { metric: string; format: MetricFormat },
): string {
  const change = gainOf(scenario, metric);
  return change === null ? "" : format.signed(metric, change);
}

/** The gates of the run and their outcomes. */
export function gatesTable(gates: RunSummary["gates"]): Markup {
  if (gates.length === 0) return markup`<p class="note">The spec sets no gates.</p>`;
  const rows = gates.map((gate) => {
    const outcome = gate.passed
      ? markup`<td class="passed">passed</td>`
      : markup`<td class="failed">FAILED</td>`;
    const { value, z } = gateNumbers(gate);
    const why = gate.reason !== undefined && markup` <span class="meta">${gate.reason}</span>`;
    const cells = [gate.name, gate.limit].map((cell) => markup`<td>${cell}</td>`);
    return markup`<tr>${cells}<td>${value}${why}</td><td>${z}</td>${outcome}</tr>`;
  });
  const note =
    "z: standard errors from the limit. A gate fails where its value misses the limit at the 5 % level.";
  return markup`${table(["Gate", "Limit", "Value", "z", "Outcome"], [markup`<tbody>${rows}</tbody>`])}
<p class="note">${note}</p>`;
}

/** Wall time and wave-equation solves, of the run's stages and of one correction in each scenario. */
export function costTables({ stages, seconds, scenarios }: RunSummary): Markup {
  const charged = scenarios.flatMap(({ name, cost }) => cost ? [{ name, cost }] : []);
  const solves = stages.reduce((sum, stage) => sum + stage.solves, 0);
  const ofStages = [
    ...stages.map((s) => row(s.name, [duration(s.seconds), s.solves, s.cached ? "from the cache" : ""])),
    row("whole run", [duration(seconds), solves, ""]),
  ];
  const ofCorrections = charged.map(({ name, cost }) =>
    row(name, [cost.passes, Math.round(cost.solves), duration(cost.seconds)])
  );
  return markup`${table(["Stage", "Time", "Wave-equation solves", ""], [markup`<tbody>${ofStages}</tbody>`])}
${
    charged.length > 0 &&
    table(["One correction", "Passes over the sources", "Wave-equation solves", "Time"], [
      markup`<tbody>${ofCorrections}</tbody>`,
    ])
  }`;
}

/** A table of these columns that scrolls by itself where the page is narrow. */
export function table(head: readonly string[], bodies: readonly Markup[]): Markup {
  return markup`<div class="wide"><table>
<thead><tr>${head.map((name) => markup`<th>${name}</th>`)}</tr></thead>
${bodies}
</table></div>`;
}

/** A row with a name. */
export function row(head: string, cells: readonly (string | number)[]): Markup {
  return markup`<tr><td>${head}</td>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>`;
}

/** A duration that a person reads at once. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
