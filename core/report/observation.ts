import type { ScenarioSummary } from "../contracts/summary.ts";
import { snrFigure } from "./curves.ts";
import { IMAGE_ARRAYS, imageObservation } from "./image_observation.ts";
import { LEARNED, type Looks } from "./looks.ts";
import { readArrays, type RunFolder, type StoredArray } from "./run_folder.ts";
import type { Section } from "./section.ts";
import { marginalFigures, pairSections } from "./vector_figures.ts";

/** Everything the report shows of one observation of a scenario. */
export interface ObservationReport {
  readonly index: number;
  readonly place: string;
  readonly sections: readonly Section[];
  /** PNG of all pictures together. */
  readonly sheet?: Uint8Array;
  /** Names of expected arrays that were not recorded. */
  readonly missing: readonly string[];
}

/** Draws what the folder holds of observation `index`. */
export async function observationReport(
  run: RunFolder,
  { scenario, index }: { scenario: ScenarioSummary; index: number },
): Promise<ObservationReport> {
  const place = `${scenario.slug}/${index}`, looks = scenario.methods;
  const arrays = wellShaped(await readArrays(run.path, place));
  const image = isImage(run, arrays);
  const drawn = image
    ? await imageObservation(arrays, { place, problem: run.summary?.problem, looks })
    : { sections: await vectorSections(arrays, { place, looks }), sheet: undefined };
  const learned = LEARNED.filter((method) => !run.summary || scenario[method])
    .flatMap((method) => [`${method}-mean`, `${method}-std`, `${method}-samples`]);
  const shown = image
    ? IMAGE_ARRAYS.filter((name) => name !== "migration" || !run.summary || scenario.migration)
    : ["truth"];
  const expected = [...shown, ...learned];
  return { index, place, ...drawn, missing: expected.filter((name) => !arrays.has(name)) };
}

/** Whether the run is of images. An unfinished run does not say so yet; then a shot does, which only images record. */
function isImage({ summary }: RunFolder, arrays: ReadonlyMap<string, StoredArray>): boolean {
  return summary ? summary.problem.kind === "image" : arrays.has("observed");
}

/** Leaves out arrays that are not of the truth's shape: as good as missing, they must not break the report. */
function wellShaped(arrays: ReadonlyMap<string, StoredArray>): Map<string, StoredArray> {
  const truth = arrays.get("truth")?.shape.join();
  const fits = ([name, { shape }]: [string, StoredArray]) => {
    if (!truth || name.endsWith("-by-samples")) return true;
    if (name.endsWith("-samples")) return shape.slice(1).join() === truth;
    return !/-(mean|std)$/.test(name) || shape.join() === truth;
  };
  return new Map([...arrays].filter(fits));
}

async function vectorSections(
  arrays: ReadonlyMap<string, StoredArray>,
  at: { place: string; looks: Looks },
): Promise<Section[]> {
  const convergence = await snrFigure(arrays, at);
  const marginals = [...await marginalFigures(arrays, at), ...(convergence ? [convergence] : [])];
  const note = "Densities of the samples, the truth dashed.";
  const sections = [{ title: "Marginals", note, figures: marginals }, ...await pairSections(arrays, at)];
  return sections.filter((section) => section.figures.length > 0);
}
