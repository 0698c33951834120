import type { RunSummary } from "../contracts/summary.ts";
import type { Figure } from "./chart.ts";
import { histogramFigure, misfitFigure, type Profile, profileFigure, snrFigure } from "./curves.ts";
import { contactSheet } from "./contact_sheet.ts";
import { gainRows } from "./gain_rows.ts";
import { imageAxes, type ImageFrame, type PictureRow, pictureRows } from "./image_rows.ts";
import { colorsOf, isLearned, LEARNED, type Looks, methodsWith } from "./looks.ts";
import { panel } from "./panel.ts";
import { cssGradient } from "./picture.ts";
import type { StoredArray } from "./run_folder.ts";
import type { Section } from "./section.ts";

type Arrays = ReadonlyMap<string, StoredArray>;

/** What an image observation is expected to have recorded. */
export const IMAGE_ARRAYS = ["truth", "migration", "observed", "predicted"];

interface ImageContext {
  readonly place: string;
  readonly problem?: RunSummary["problem"];
  readonly looks: Looks;
}

/** Sections and the contact sheet of one image observation. */
export async function imageObservation(arrays: Arrays, { place, problem, looks }: ImageContext) {
  const shape =
    (arrays.get("truth") ?? arrays.get("amortized-mean") ?? arrays.get("corrected-mean"))?.shape ?? [1, 1];
  const axes = imageAxes(shape, problem?.spacing),
    unit = problem?.unit ? ` [${problem.unit.replaceAll("^2", "²")}]` : "";
  const frame = { axes, unit, looks }, rows = pictureRows(arrays, frame);
  const sections: Section[] = [];
  for (const row of [...rows, ...gainRows(arrays, frame)]) sections.push(await pictureSection(row, place));
  sections.push(
    await profileSection(arrays, { place, ...frame }),
    await pointSection(arrays, { place, ...frame }),
    await convergenceSection(arrays, { place, looks }),
  );
  return {
    sections: sections.filter((section) => section.figures.length > 0),
    sheet: rows.length > 0 ? await contactSheet(rows) : undefined,
  };
}

async function pictureSection(row: PictureRow, place: string): Promise<Section> {
  const figures: Figure[] = [];
  for (const { name, title, field, scale } of row.pictures) {
    figures.push({ name: `${place}/${name}`, title, svg: await panel(field, { ...row, scale }) });
  }
  const { map, low, high } = row.scale;
  return { ...row, figures, scale: { gradient: await cssGradient(map), low, high, quantity: row.quantity } };
}

type PointContext = ImageFrame & { readonly place: string };

/** Fractions of the image's width and depth at which profiles and histograms are taken: the same for every image. */
const PLACES = [0.25, 0.5, 0.75];

async function profileSection(arrays: Arrays, { place, axes, unit, looks }: PointContext): Promise<Section> {
  const figures: Figure[] = [];
  const means = methodsWith("mean", { arrays, looks }), learned = means.filter(isLearned);
  const methods = ["truth", ...learned.length > 0 ? learned : means];
  for (const fraction of PLACES) {
    const profiles = methods.flatMap((method): Profile[] => {
      const mean = arrays.get(method === "truth" ? method : `${method}-mean`),
        std = arrays.get(`${method}-std`);
      return mean ? [{ method, mean: column(mean, fraction), std: std && column(std, fraction) }] : [];
    });
    if (profiles.length === 0) continue;
    const n = profiles[0].mean.length;
    const depth = Array.from({ length: n }, (_, i) => (i + 0.5) * axes.z.to / n);
    const svg = await profileFigure(profiles, { depth, unit, title: axes.z.title, looks });
    figures.push({
      name: `${place}/profile-${100 * fraction}`,
      title: `at ${distance(axes, fraction)}`,
      svg,
    });
  }
  return {
    title: "Vertical profiles",
    note: "Truth, means, and bands of mean ± 2.58 σ: 99 % of a normal distribution.",
    figures,
  };
}

/** Histograms at three points of the image, and the mean's convergence. */
async function pointSection(arrays: Arrays, { place, axes, unit, looks }: PointContext): Promise<Section> {
  const figures: Figure[] = [];
  const truth = arrays.get("truth");
  for (const fraction of PLACES) {
    const draws = LEARNED.flatMap((m) => {
      const samples = arrays.get(`${m}-samples`);
      return samples ? [[m, drawsAt(samples, fraction)] as const] : [];
    });
    if (draws.length === 0) continue;
    const value = truth && truth.data[pointIndex(truth.shape, fraction)];
    const colors = colorsOf(draws.map(([method]) => method), looks);
    const svg = await histogramFigure(new Map(draws), { truth: value, title: `Amplitude${unit}`, colors });
    const depth = `${Math.round(fraction * axes.z.to)} ${unitOf(axes.z.title)} deep`;
    figures.push({
      name: `${place}/histogram-${100 * fraction}`,
      title: `at ${distance(axes, fraction)}, ${depth}`,
      svg,
    });
  }
  const convergence = await snrFigure(arrays, { place, looks });
  if (convergence) figures.push(convergence);
  return {
    title: "Samples",
    note: "Histograms of the posterior samples at three points, the truth dashed.",
    figures,
  };
}

async function convergenceSection(
  arrays: Arrays,
  at: { place: string; looks: Looks },
): Promise<Section> {
  const figure = await misfitFigure(arrays, at);
  return {
    title: "Least squares",
    note: "Whitened data misfit by iteration, relative to that of no image.",
    figures: figure ? [figure] : [],
  };
}

function distance({ x }: PointContext["axes"], fraction: number): string {
  return `${Math.round(fraction * x.to)} ${unitOf(x.title)}`;
}

function unitOf(title: string): string {
  return /\[(.*)\]/.exec(title)?.[1] ?? "";
}

function column({ data, shape: [rows, columns] }: StoredArray, fraction: number): number[] {
  const c = Math.floor(fraction * columns);
  return Array.from({ length: rows }, (_, r) => data[r * columns + c]);
}

function pointIndex([rows, columns]: readonly number[], fraction: number): number {
  return Math.floor(fraction * rows) * columns + Math.floor(fraction * columns);
}

function drawsAt({ data, shape: [n, rows, columns] }: StoredArray, fraction: number): number[] {
  const at = pointIndex([rows, columns], fraction);
  return Array.from({ length: n }, (_, k) => data[k * rows * columns + at]);
}
