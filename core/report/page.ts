import type { ScenarioSummary } from "../contracts/summary.ts";
import type { Figure } from "./chart.ts";
import { type Markup, markup } from "./markup.ts";
import type { ObservationReport } from "./observation.ts";
import { document, figureSection, image, panels } from "./page_parts.ts";
import type { RunFolder } from "./run_folder.ts";
import { costTables, duration, gatesTable, scenariosTable } from "./tables.ts";
import { trustTables } from "./trust_tables.ts";
import { verdict } from "./verdict.ts";

/** Everything drawn for the page. */
export interface Drawn {
  readonly training?: Figure;
  readonly corrections: readonly Figure[];
  /** Accuracy against solves, a scenario each. */
  readonly tradeoffs: readonly Figure[];
  readonly scenarios: readonly {
    readonly scenario: ScenarioSummary;
    readonly observations: readonly ObservationReport[];
    /** The positions of its sources and receivers. */
    readonly acquisition?: Figure;
    /** Ranks and coverage of each posterior on many truths. */
    readonly calibration: readonly Figure[];
  }[];
}

/** The report as one HTML file. */
export function page(run: RunFolder, drawn: Drawn): string {
  const name = run.summary?.name ?? String(run.manifest?.name ?? "unfinished run");
  return document(
    name,
    markup`${header(run, name)}
${outcome(run)}
${acquisitions(drawn)}
${learns(run) && curves(drawn)}
${tradeoffs(drawn)}
${calibrations(drawn)}
${drawn.scenarios.map(scenarioSection)}
${provenance(run)}`,
  );
}

function header(run: RunFolder, name: string): Markup {
  const links = run.scenarios.map(({ name, slug }) => markup`<a href="#${slug}">${name}</a>`);
  const conclusion = run.summary
    ? verdict(run.summary)
    : "This run did not finish: there is no outcome to judge.";
  return markup`<header><h1>${name}</h1>
<p class="verdict">${conclusion}</p>
<p class="meta">${facts(run).join(" · ")}</p>
<nav><a href="#outcome">outcome</a>${
    learns(run) && markup`<a href="#curves">curves</a>`
  }${links}<a href="#provenance">spec and provenance</a></nav>
${missingNotice("The run folder lacks", run.missing)}</header>`;
}

function facts({ summary, manifest }: RunFolder): string[] {
  const git = manifest?.git as { commit?: string; dirty?: boolean } | null | undefined;
  return [
    ...(summary ? [`spec ${summary.specHash}`, `engine ${summary.engine}`, duration(summary.seconds)] : []),
    ...(manifest?.seed === undefined ? [] : [`seed ${manifest.seed}`]),
    ...(git?.commit ? [`commit ${git.commit.slice(0, 10)}${git.dirty ? " with local changes" : ""}`] : []),
    ...(typeof manifest?.status === "string" ? [manifest.status] : []),
  ];
}

function missingNotice(head: string, names: readonly string[]): Markup | undefined {
  return names.length > 0 ? markup`<p class="missing">${head} ${names.join(", ")}.</p>` : undefined;
}

function outcome({ summary, scenarios }: RunFolder): Markup {
  return markup`<section id="outcome"><h2>Outcome</h2>
${scenariosTable({ scenarios, metrics: summary?.metrics })}
${
    summary &&
    markup`${trustTables(summary)}<h3>Gates</h3>${gatesTable(summary.gates)}<h3>Cost</h3>${
      costTables(summary)
    }`
  }</section>`;
}

/** Whether a run learns a posterior. An unfinished run without a summary may still do so. */
function learns({ summary }: RunFolder): boolean {
  return !summary || summary.scenarios.some(({ amortized }) => amortized);
}

function acquisitions({ scenarios }: Drawn): Markup | undefined {
  const figures = scenarios.flatMap(({ acquisition }) => acquisition ?? []);
  if (figures.length === 0) return undefined;
  return markup`<section id="acquisition"><h2>Acquisition</h2>
<p class="note">Background velocity, sources as circles, receivers as triangles.</p>${
    panels(figures)
  }</section>`;
}

function curves({ training, corrections }: Drawn): Markup {
  const trained = training
    ? markup`<h3>Training</h3><p class="note">Negative log-likelihood; lower is better.</p>${image(training)}`
    : markup`<p class="note">No training steps were recorded: the flow came from the cache, or training has not begun.</p>`;
  const corrected = corrections.length > 0
    ? markup`<h3>Correction</h3>
<p class="note">Data misfit of the sample and source of each step, a line an observation.</p>${
      panels(corrections)
    }`
    : markup`<p class="note">No correction steps were recorded.</p>`;
  return markup`<section id="curves"><h2>Training and correction</h2>${trained}${corrected}</section>`;
}

function tradeoffs({ tradeoffs }: Drawn): Markup | undefined {
  if (tradeoffs.length === 0) return undefined;
  const figures = tradeoffs.map((figure) => markup`<h3>${figure.title}</h3>${image(figure)}`);
  return markup`<section id="tradeoff"><h2>Accuracy and cost</h2>
<p class="note">Means over the observations against the wave-equation solves of one; what an operator takes once does not
count. The line follows the correction from pass to pass.</p>${figures}</section>`;
}

/** A scenario's ranks and coverage, the first open. */
function calibrations({ scenarios }: Drawn): Markup | undefined {
  const shown = scenarios.filter(({ calibration }) => calibration.length > 0);
  if (shown.length === 0) return undefined;
  const parts = shown.map(({ scenario, calibration }, i) =>
    markup`<details ${i === 0 ? "open" : ""}><summary>${scenario.name}</summary>${
      panels(calibration)
    }</details>`
  );
  return markup`<section id="calibration"><h2>Calibration</h2>
<p class="note">The ranks of many simulated truths among the samples of their posteriors. If the posteriors are exact, a
coverage curve lies within its grey band in 95 % of runs, and 95 % of a histogram's bars end within its band.</p>${parts}</section>`;
}

function scenarioSection({ scenario, observations }: Drawn["scenarios"][number]): Markup {
  return markup`<section id="${scenario.slug}"><h2>${scenario.name}</h2>${
    observations.map(observationDetails)
  }</section>`;
}

/** Details of an observation. The first is open; the others open on a click. */
function observationDetails({ index, sections, missing }: ObservationReport): Markup {
  return markup`<details ${index === 0 ? "open" : ""}><summary>Observation ${index + 1}</summary>
${missingNotice("Not recorded:", missing)}
${sections.map(figureSection)}</details>`;
}

function provenance({ spec, resolved, manifest }: RunFolder): Markup {
  const written = spec && markup`<h3>spec.yaml</h3><pre>${spec}</pre>`;
  const filled = resolved &&
    markup`<details><summary>resolved.yaml, every default filled in</summary><pre>${resolved}</pre></details>`;
  const origin = manifest &&
    markup`<details open><summary>manifest.json</summary><pre>${
      JSON.stringify(manifest, null, 2)
    }</pre></details>`;
  return markup`<section id="provenance"><h2>Spec and provenance</h2>${written}${filled}${origin}</section>`;
}
