import { chart, type Figure } from "./chart.ts";
import { histogramFigure } from "./curves.ts";
import { colorsOf, labelOf, LEARNED, lookOf, type Looks, TRUTH_COLOR } from "./looks.ts";
import type { StoredArray } from "./run_folder.ts";
import type { Section } from "./section.ts";

/** Components shown, and samples drawn per scatter plot, at most. */
const MOST_COMPONENTS = 3, MOST_POINTS = 400;

type Arrays = ReadonlyMap<string, StoredArray>;

const METHODS = ["reference", ...LEARNED];

/** The methods that have samples, and how many components of theirs are shown. */
function shownOf(arrays: Arrays): { methods: string[]; components: number } {
  const methods = METHODS.filter((m) => arrays.has(`${m}-samples`));
  const size = methods.length > 0 ? arrays.get(`${methods[0]}-samples`)!.shape[1] : 0;
  return { methods, components: Math.min(size, MOST_COMPONENTS) };
}

/** Marginals of the first components of a vector posterior, beside the reference where there is one. */
export async function marginalFigures(
  arrays: Arrays,
  { place, looks }: { place: string; looks: Looks },
): Promise<Figure[]> {
  const { methods, components } = shownOf(arrays), truth = arrays.get("truth")?.data;
  const figures: Figure[] = [];
  for (let i = 0; i < components; i++) {
    const draws = new Map(methods.map((m) => [m, component(arrays.get(`${m}-samples`)!, i)]));
    const svg = await histogramFigure(draws, {
      truth: truth?.[i],
      title: `x${i + 1}`,
      colors: colorsOf(methods, looks),
    });
    figures.push({ name: `${place}/marginal-${i + 1}`, title: `Component ${i + 1}`, svg });
  }
  return figures;
}

/** Scatter plots of each pair of the first components, one a method on shared axes. */
export async function pairSections(
  arrays: Arrays,
  { place, looks }: { place: string; looks: Looks },
): Promise<Section[]> {
  const { methods, components } = shownOf(arrays), sections: Section[] = [];
  const ellipse = arrays.has("reference-covariance") ? " The ellipse holds 90 % of the exact posterior." : "";
  for (let i = 0; i < components; i++) {
    for (let j = i + 1; j < components; j++) {
      const figures = await pairFigures(arrays, { methods, i, j, place, looks });
      const note = `Samples of each posterior; the cross is the truth.${ellipse}`;
      sections.push({ title: `Components ${i + 1} and ${j + 1}`, note, figures });
    }
  }
  return sections;
}

async function pairFigures(
  arrays: Arrays,
  { methods, i, j, place, looks }: {
    methods: readonly string[];
    i: number;
    j: number;
    place: string;
    looks: Looks;
  },
): Promise<Figure[]> {
  const points = (method: string) => {
    const array = arrays.get(`${method}-samples`)!;
    const a = component(array, i), b = component(array, j);
    return a.slice(0, MOST_POINTS).map((x, k) => ({ x, y: b[k], method }));
  };
  const all = methods.flatMap(points), truth = arrays.get("truth")?.data;
  const domain = { x: extent(all.map((p) => p.x)), y: extent(all.map((p) => p.y)) };
  const figures: Figure[] = [];
  for (const method of methods) {
    const svg = await scatter(points(method), {
      domain,
      labels: [`x${i + 1}`, `x${j + 1}`],
      ellipse: gaussianEllipse(arrays, [i, j]),
      truth: truth && { x: truth[i], y: truth[j] },
      looks,
    });
    figures.push({ name: `${place}/pair-${i + 1}-${j + 1}-${method}`, title: labelOf(looks, method), svg });
  }
  return figures;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

async function scatter(
  points: readonly (Point & { method: string })[],
  { domain, labels, ellipse, truth, looks }: {
    domain: { x: number[]; y: number[] };
    labels: readonly [string, string];
    ellipse: readonly Point[];
    truth?: Point;
    looks: Looks;
  },
): Promise<string> {
  const axis = (field: "x" | "y", title: string) =>
    ({ field, type: "quantitative", title, scale: { domain: domain[field], nice: false } }) as const;
  const x = axis("x", labels[0]), y = axis("y", labels[1]);
  const color = {
    field: "method",
    type: "nominal",
    legend: null,
    scale: colorsOf(METHODS, looks),
  } as const;
  return await chart({
    width: 220,
    height: 220,
    layer: [
      {
        data: { values: [...points] },
        mark: { type: "circle", size: 9, opacity: 0.5, clip: true },
        encoding: { x, y, color },
      },
      {
        data: { values: ellipse.map((p, order) => ({ ...p, order })) },
        mark: { type: "line", color: lookOf(looks, "reference").color, strokeWidth: 1.3, clip: true },
        encoding: { x, y, order: { field: "order" } },
      },
      {
        data: { values: truth ? [truth] : [] },
        mark: { type: "point", shape: "cross", size: 90, color: TRUTH_COLOR, filled: true },
        encoding: { x, y },
      },
    ],
  });
}

/** Radius that holds 90 % of a two-dimensional normal distribution, `sqrt(-2 ln 0.1)` standard deviations. */
const RADIUS = Math.sqrt(-2 * Math.log(0.1));

/** The exact Gaussian posterior's 90 % ellipse of two components; empty where the reference is not Gaussian. */
function gaussianEllipse(arrays: Arrays, [i, j]: readonly [number, number]): Point[] {
  const mean = arrays.get("reference-mean")?.data, covariance = arrays.get("reference-covariance");
  if (!mean || !covariance) return [];
  const at = (r: number, c: number) => covariance.data[r * covariance.shape[1] + c];
  const a = Math.sqrt(at(i, i)), b = at(i, j) / a, c = Math.sqrt(Math.max(at(j, j) - b * b, 0)); // Cholesky
  return Array.from({ length: 65 }, (_, k) => {
    const u = RADIUS * Math.cos(2 * Math.PI * k / 64), v = RADIUS * Math.sin(2 * Math.PI * k / 64);
    return { x: mean[i] + a * u, y: mean[j] + b * u + c * v };
  });
}

function component({ data, shape: [n, size] }: StoredArray, i: number): number[] {
  return Array.from({ length: n }, (_, k) => data[k * size + i]);
}

function extent(values: readonly number[]): [number, number] {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity),
    high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return [low, high];
}
