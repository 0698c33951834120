import type { ComparedRun, ComparedScenario } from "./comparison.ts";
import { marginalOverlay, runNumber } from "./comparison_figures.ts";
import type { Figure } from "./chart.ts";
import { CLIP, imageAxes, symmetric } from "./image_rows.ts";
import { labelOf, methodsWith } from "./looks.ts";
import { panel } from "./panel.ts";
import { type ColorScale, cssGradient, difference, magnitudeQuantile } from "./picture.ts";
import { readArrays, type StoredArray } from "./run_folder.ts";
import type { Section } from "./section.ts";

/** The arrays of one observation in a run, and the method that is shown: the last one that the run has. */
interface Shown {
  readonly index: number;
  readonly run: ComparedRun;
  readonly arrays: ReadonlyMap<string, StoredArray>;
  readonly method: string;
  readonly label: string;
}

interface Drawable extends Shown {
  readonly title: string;
  readonly field: StoredArray;
}

/** The first observation of a scenario in every run that has it: truth, means, errors, deviations; or marginals. */
export async function comparedPictures(
  runs: readonly ComparedRun[],
  { slug, found }: ComparedScenario,
): Promise<Section[]> {
  const all = await Promise.all(runs.map(async (run, index) => ({
    index,
    run,
    arrays: found[index] ? await readArrays(run.path, `${slug}/0`) : new Map<string, StoredArray>(),
  })));
  const shown = all.flatMap((one): Shown[] => {
    const looks = found[one.index]?.methods, method = methodsWith("mean", { ...one, looks }).at(-1);
    return method ? [{ ...one, method, label: labelOf(looks, method) }] : [];
  });
  if (shown.length === 0) return [];
  if (shown[0].run.summary.problem.kind !== "image") {
    const figures = await marginalOverlay(shown);
    const note = "Densities of the samples, the truth of run 1 dashed.";
    return figures.length > 0 ? [{ title: "Marginals", note, figures }] : [];
  }
  return await pictureSections(shown);
}

async function pictureSections(shown: readonly Shown[]): Promise<Section[]> {
  const named = (of: (one: Shown) => StoredArray | undefined) =>
    shown.flatMap((one): Drawable[] => {
      const field = of(one);
      return field ? [{ ...one, title: `${runNumber(one.index)} ${one.label}`, field }] : [];
    });
  const truths = distinctTruths(shown);
  const means = named(({ arrays, method }) => arrays.get(`${method}-mean`));
  const errors = named(({ arrays, method }) => {
    const truth = arrays.get("truth"), mean = arrays.get(`${method}-mean`)!;
    return truth?.shape.join() === mean.shape.join() ? difference(truth, mean) : undefined;
  });
  const stds = named(({ arrays, method }) => arrays.get(`${method}-std`));
  const scale = symmetric((truths.length > 0 ? truths : means).map(({ field }) => field));
  const spread: ColorScale = {
    map: "magma",
    low: 0,
    high: magnitudeQuantile(stds.map(({ field }) => field), CLIP),
  };
  const unit = shown[0].run.summary.problem.unit, suffix = unit ? ` [${unit.replaceAll("^2", "²")}]` : "";
  const sections = [
    await section("Means", { drawables: [...truths, ...means], scale, quantity: `amplitude${suffix}` }),
    await section("Errors", { drawables: errors, scale, quantity: `truth less mean${suffix}` }),
    await section("Standard deviations", {
      drawables: stds,
      scale: spread,
      quantity: `standard deviation${suffix}`,
    }),
  ];
  return sections.filter(({ figures }) => figures.length > 0);
}

/** The truth of the first run, and those of others that have another one. */
function distinctTruths(shown: readonly Shown[]): Drawable[] {
  const seen = new Set<string>();
  return shown.flatMap((one): Drawable[] => {
    const field = one.arrays.get("truth"), text = field?.data.join();
    if (!field || seen.has(text!)) return [];
    seen.add(text!);
    return [{ ...one, title: seen.size === 1 ? "truth" : `truth of ${runNumber(one.index)}`, field }];
  });
}

async function section(
  title: string,
  { drawables, scale, quantity }: { drawables: readonly Drawable[]; scale: ColorScale; quantity: string },
): Promise<Section> {
  const figures: Figure[] = [];
  for (const { title, field, run, index } of drawables) {
    const axes = imageAxes(field.shape, run.summary.problem.spacing);
    figures.push({ name: `${title}-${index}`, title, svg: await panel(field, { scale, ...axes }) });
  }
  const { map, low, high } = scale;
  return {
    title,
    note: "One colour scale.",
    figures,
    scale: { gradient: await cssGradient(map), low, high, quantity },
  };
}
