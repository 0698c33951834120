import { writeAtomic } from "../base/files.ts";
import type { Figure } from "./chart.ts";
import {
  type ComparedMethod,
  type ComparedScenario,
  type ComparedValue,
  type Comparison,
  comparisonSentence,
  isUnchanged,
} from "./comparison.ts";
import {
  misfitOverlay,
  runColor,
  runNumber,
  tradeoffOverlay,
  trainingOverlay,
} from "./comparison_figures.ts";
import { comparedPictures } from "./comparison_pictures.ts";
import { differenceText, settingText } from "./comparison_text.ts";
import { Markup, markup } from "./markup.ts";
import type { MetricFormat } from "./metric_format.ts";
import { document, figureSection, image, panels } from "./page_parts.ts";
import type { Section } from "./section.ts";
import { duration, table } from "./tables.ts";

/** What a scenario's part of the page shows. */
interface DrawnScenario {
  readonly scenario: ComparedScenario;
  readonly tradeoff: readonly Figure[];
  readonly pictures: readonly Section[];
}

/** Writes the comparison as one HTML file that loads no other file. */
export async function writeComparison(comparison: Comparison, path: string): Promise<void> {
  const { runs, scenarios } = comparison;
  const training = await trainingOverlay(runs), misfits: Figure[] = [], drawn: DrawnScenario[] = [];
  for (const scenario of scenarios) {
    const misfit = await misfitOverlay(runs, scenario);
    if (misfit) misfits.push(misfit);
    drawn.push({
      scenario,
      tradeoff: await tradeoffOverlay(scenario),
      pictures: await comparedPictures(runs, scenario),
    });
  }
  await writeAtomic(path, page(comparison, { training, misfits, drawn }));
}

interface Drawn {
  readonly training?: Figure;
  readonly misfits: readonly Figure[];
  readonly drawn: readonly DrawnScenario[];
}

/** What the comparison's page adds to the look of a report. */
const STYLE = `
.run { display: inline-block; min-width: 1.7em; padding: 0 .35em; border-radius: .3em; color: #fff; text-align: center;
  font-weight: 600; font-size: .86em; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.difference { display: block; color: var(--faint); font-size: .88em; }
.difference.better { color: var(--good); font-weight: 600; }
.difference.worse { color: var(--bad); font-weight: 600; }
.difference.other { color: var(--ink); font-weight: 600; }
.compared th, .compared td { padding-right: .6rem; }
.compared td { vertical-align: top; }
.compared table { font-size: .82rem; }
.compared thead th { white-space: normal; }
.text td, .text th { text-align: left; }
td code { font-size: .95em; white-space: normal; overflow-wrap: anywhere; }`;

function page(comparison: Comparison, { training, misfits, drawn }: Drawn): string {
  const names = [...new Set(comparison.runs.map(({ summary }) => summary.name))];
  const title = `${names.join(" and ")}: ${comparison.runs.length} runs`;
  return document(
    title,
    markup`<style>${new Markup(STYLE)}</style>
<header><h1>${title}</h1><p class="verdict">${comparisonSentence(comparison)}</p>
<nav><a href="#runs">runs</a><a href="#settings">settings</a>${
      drawn.map(({ scenario }) => markup`<a href="#${scenario.slug}">${scenario.name}</a>`)
    }<a href="#curves">curves</a></nav></header>
${runsSection(comparison)}
${settingsSection(comparison)}
${drawn.map((one) => scenarioSection(one, comparison.format))}
${curvesSection(training, misfits)}`,
  );
}

function chip(index: number): Markup {
  return markup`<span class="run" style="background: ${runColor(index)}">${index + 1}</span>`;
}

function runsSection({ runs }: Comparison): Markup {
  const rows = runs.map(({ path, manifest, summary: { specHash, engine, seconds } }, i) => {
    const git = manifest?.git as { commit?: string; dirty?: boolean } | null | undefined;
    const commit = git?.commit ? git.commit.slice(0, 10) + (git.dirty ? " with local changes" : "") : "-";
    const started = String(manifest?.started ?? "-").slice(0, 19).replace("T", " ");
    const cells = [path, started, specHash, engine, duration(seconds), commit];
    return markup`<tr><td>${chip(i)}</td>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>`;
  });
  const head = ["", "Folder", "Started [UTC]", "Spec", "Engine", "Time", "Commit"];
  return markup`<section id="runs"><h2>Runs</h2><div class="text">${
    table(head, [markup`<tbody>${rows}</tbody>`])
  }</div></section>`;
}

function settingsSection({ runs, settings }: Comparison): Markup {
  if (settings.length === 0) {
    return markup`<section id="settings"><h2>Settings</h2><p class="note">The specs are the same.</p></section>`;
  }
  const rows = settings.map(({ path, values }) =>
    markup`<tr><td><code>${path}</code></td>${
      values.map((value) => markup`<td>${settingText(value)}</td>`)
    }</tr>`
  );
  return markup`<section id="settings"><h2>Settings that differ</h2>${
    table(["", ...runs.map((_, i) => runNumber(i))], [markup`<tbody>${rows}</tbody>`])
  }</section>`;
}

function scenarioSection(
  { scenario, tradeoff, pictures }: DrawnScenario,
  format: MetricFormat,
): Markup {
  const { name, slug, methods } = scenario;
  const same = methods.filter(isUnchanged), changed = methods.filter((method) => !isUnchanged(method));
  const whole = (some: readonly ComparedMethod[]) =>
    some.flatMap((method) => methodTable(method, { format, regional: false }));
  const regions = changed.flatMap((method) => methodTable(method, { format, regional: true }));
  const paired = methods.some(({ metrics }) =>
    metrics.some(({ values }) => values.some((value) => value?.difference?.paired))
  );
  const how = paired
    ? "The runs saw the same observations: differences are taken observation by observation."
    : "The runs saw different observations: standard errors of differences are those of independent means.";
  return markup`<section id="${slug}"><h2>${name}</h2>
<p class="note">Means over the observations ± standard error, and below them the difference from run 1: in colour and bold
where it is beyond two standard errors. ${how}</p>
${whole(changed)}
${
    same.length > 0 &&
    markup`<details><summary>The same in every run: ${same.map(({ label }) => label).join(", ")}</summary>${
      whole(same)
    }</details>`
  }
${regions.length > 0 && markup`<details><summary>Coverage by region</summary>${regions}</details>`}
${
    tradeoff.length > 0 && markup`<h3>Accuracy and cost</h3>
<p class="note">Against the wave-equation solves of one observation; the line follows the correction along its passes.</p>${
      panels(tradeoff)
    }`
  }
${
    pictures.length > 0 &&
    markup`<details open><summary>First observation</summary>${pictures.map(figureSection)}</details>`
  }</section>`;
}

/** A method's metrics as columns, runs as rows. */
function methodTable(
  { label, metrics }: ComparedMethod,
  { format, regional }: { format: MetricFormat; regional: boolean },
): Markup[] {
  const columns = metrics.filter(({ metric }) => format.regional(metric) === regional);
  if (columns.length === 0) return [];
  const rows = columns[0].values.map((_, i) =>
    markup`<tr><td>${chip(i)}</td>${
      columns.map(({ metric, values }) =>
        valueCell(values[i], { metric, format, from: values[0]?.value ?? undefined })
      )
    }</tr>`
  );
  return [
    markup`<div class="compared"><h3>${label}</h3>${
      table(["", ...columns.map(({ metric }) => format.label(metric))], [markup`<tbody>${rows}</tbody>`])
    }</div>`,
  ];
}

interface CellOptions {
  readonly metric: string;
  readonly format: MetricFormat;
  /** The first run's value. */
  readonly from?: number;
}

function valueCell(value: ComparedValue | undefined, options: CellOptions): Markup {
  if (!value) return markup`<td>-</td>`;
  const { metric, format } = options;
  const [mean, error] = format.withError(metric, value).split(" ± "), { difference } = value;
  const below = difference &&
    markup`<span class="difference ${difference.clear ? rated(value, options) : ""}">${
      differenceText(value, options).replace("*", "")
    }</span>`;
  return markup`<td>${mean}${error && markup` <span class="error">± ${error}</span>`}${below}</td>`;
}

function rated(value: ComparedValue, { metric, format, from }: CellOptions): string {
  const gain = value.value === null || from === undefined
    ? undefined
    : format.improvement(metric, { from, to: value.value });
  return gain === undefined || gain === 0 ? "other" : gain > 0 ? "better" : "worse";
}

function curvesSection(training: Figure | undefined, misfits: readonly Figure[]): Markup {
  return markup`<section id="curves"><h2>Training and correction</h2>
${
    training
      ? markup`<h3>Training</h3><p class="note">Negative log-likelihood; lower is better. Runs whose flow came from the cache
have no curve.</p>${image(training)}`
      : markup`<p class="note">No training steps were recorded: the flows came from the cache, or there are none.</p>`
  }
${
    misfits.length > 0 && markup`<h3>Correction</h3>
<p class="note">Data misfit of the sample and source of each step, a line an observation.</p>${
      panels(misfits)
    }`
  }</section>`;
}
