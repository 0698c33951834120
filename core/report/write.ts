import type { ScenarioSummary } from "../contracts/summary.ts";
import { join } from "node:path";
import { writeAtomic } from "../base/files.ts";
import { acquisitionFigure } from "./acquisition.ts";
import { calibrationFigures } from "./calibration_figures.ts";
import type { Figure } from "./chart.ts";
import { correctionFigure, trainingFigure } from "./curves.ts";
import { type ObservationReport, observationReport } from "./observation.ts";
import { type Drawn, page } from "./page.ts";
import { readArrays, readRunFolder, type RunFolder } from "./run_folder.ts";
import { tradeoffFigure } from "./tradeoff.ts";

/**
 * Draws `report.html` and `figures/` from what a run folder holds, and from nothing else: the same folder gives the
 * same report. An unfinished run gives a report that says what is missing.
 */
export async function writeReport(
  runFolder: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<{ path: string; figures: string[] }> {
  const run = await readRunFolder(runFolder);
  const drawn = await draw(runFolder, { run, signal });
  const figures = await writeFigures(runFolder, drawn);
  const path = join(runFolder, "report.html");
  await writeAtomic(path, page(run, drawn));
  return { path, figures };
}

async function draw(
  runFolder: string,
  { run, signal }: { run: RunFolder; signal?: AbortSignal },
): Promise<Drawn> {
  const corrections: Figure[] = [], tradeoffs: Figure[] = [], scenarios: Drawn["scenarios"][number][] = [];
  for (const scenario of run.scenarios) {
    const correction = await correctionFigure(run.events, scenario);
    if (correction) corrections.push(correction);
    const tradeoff = await tradeoffFigure(scenario);
    if (tradeoff) tradeoffs.push(tradeoff);
    const observations: ObservationReport[] = [];
    for (let index = 0; index < scenario.observations; index++) {
      signal?.throwIfAborted();
      observations.push(await observationReport(run, { scenario, index }));
    }
    const acquisition = await acquisitionFigure(await readArrays(runFolder, scenario.slug), {
      ...scenario,
      problem: run.summary?.problem,
    });
    scenarios.push({
      scenario,
      observations,
      acquisition,
      calibration: await calibration(runFolder, scenario),
    });
  }
  return { training: await trainingFigure(run.events), corrections, tradeoffs, scenarios };
}

/** Ranks and coverage of each posterior that was calibrated. */
async function calibration(
  runFolder: string,
  { slug, calibration = {}, methods: looks }: ScenarioSummary,
): Promise<Figure[]> {
  const arrays = await readArrays(runFolder, `${slug}/calibration`), figures: Figure[] = [];
  for (const [method, tests] of Object.entries(calibration)) {
    const ranks = arrays.get(`${method}-ranks`);
    if (ranks) figures.push(...await calibrationFigures(ranks, { tests, method, slug, looks }));
  }
  return figures;
}

/** Every drawing as SVG, and the pictures of each observation together as PNG. */
async function writeFigures(
  runFolder: string,
  { training, corrections, tradeoffs, scenarios }: Drawn,
): Promise<string[]> {
  const observations = scenarios.flatMap((s) => s.observations);
  const drawings = [
    ...(training ? [training] : []),
    ...corrections,
    ...tradeoffs,
    ...scenarios.flatMap((
      { acquisition, calibration },
    ) => [...acquisition ? [acquisition] : [], ...calibration]),
    ...observations.flatMap((o) => o.sections.flatMap((section) => section.figures)),
  ];
  const files: [string, Uint8Array][] = [
    ...drawings.map(({ name, svg }) =>
      [`${name}.svg`, new TextEncoder().encode(svg)] as [string, Uint8Array]
    ),
    ...observations.flatMap(({ place, sheet }): [string, Uint8Array][] =>
      sheet ? [[`${place.replace("/", "-")}.png`, sheet]] : []
    ),
  ];
  const paths: string[] = [];
  for (const [name, content] of files) {
    const path = join(runFolder, "figures", name);
    await writeAtomic(path, content);
    paths.push(path);
  }
  return paths;
}
