import { chart, type Figure } from "./chart.ts";
import type { ComparedRun, ComparedScenario } from "./comparison.ts";
import { histogramFigure, keptSteps, linear, quantitative, thinned } from "./curves.ts";
import { labelOf } from "./looks.ts";
import { isNumber } from "./metric_format.ts";
import type { StoredArray } from "./run_folder.ts";

/** Colours of runs in every chart and table (Tol's bright and muted schemes); more runs than that share them. */
const RUN_COLORS = [
  "#4477aa",
  "#ee6677",
  "#228833",
  "#ccbb44",
  "#66ccee",
  "#aa3377",
  "#332288",
  "#999933",
  "#882255",
  "#777777",
];

export const runColor = (index: number): string => RUN_COLORS[index % RUN_COLORS.length];
export const runNumber = (index: number): string => `[${index + 1}]`;

/** Colours by run number, for a legend. */
function runColors(count: number) {
  const indices = Array.from({ length: count }, (_, i) => i);
  return { domain: indices.map(runNumber), range: indices.map(runColor) };
}

interface Point {
  readonly run: string;
  readonly x: number;
  readonly y: number;
  /** Key of the points that one line joins, in addition to their run. */
  readonly curve?: string | number;
}

interface Axes {
  readonly x: object;
  readonly y: object;
  readonly width: number;
  readonly height: number;
  readonly mark?: object;
}

/** One colour a run, a line a curve. */
async function runLines(
  points: readonly Point[],
  count: number,
  { mark, x, y, ...size }: Axes,
): Promise<string> {
  return await chart({
    ...size,
    data: { values: [...points] },
    mark: { type: "line", strokeWidth: 1.5, clip: true, ...mark },
    encoding: {
      x,
      y,
      detail: { field: "curve" },
      color: { field: "run", type: "nominal", scale: runColors(count), legend: { columns: 10 } },
    },
  });
}

/** Loss by training step of each run: validation's, or training's where none was recorded. */
export async function trainingOverlay(runs: readonly ComparedRun[]): Promise<Figure | undefined> {
  const points = runs.flatMap(({ events }, i): Point[] => {
    let step = 0;
    const all = keptSteps(events).flatMap(({ stage, step: at, loss }) => {
      if (stage !== "train" && stage !== "validate") return [];
      if (isNumber(at)) step = at;
      return isNumber(loss) ? [{ stage, x: step, y: loss }] : [];
    });
    const validated = all.filter(({ stage }) => stage === "validate");
    return thinned(validated.length > 1 ? validated : all).map(({ x, y }) => ({ run: runNumber(i), x, y }));
  });
  if (points.length === 0) return undefined;
  const svg = await runLines(points, runs.length, {
    width: 520,
    height: 200,
    x: linear("x", "Training step"),
    y: linear("y", "Validation loss [nats per dimension]"),
  });
  return { name: "training", title: "Training", svg };
}

/** Data misfit by correction step in a scenario, a line an observation. */
export async function misfitOverlay(
  runs: readonly ComparedRun[],
  { name, slug }: ComparedScenario,
): Promise<Figure | undefined> {
  const points = runs.flatMap(({ events }, i): Point[] => {
    const own = events.filter((e) =>
      e.stage === "correct" && e.scenario === name && isNumber(e.misfit) && e.misfit > 0
    );
    return [...new Set(own.map((e) => e.observation))].flatMap((observation) =>
      thinned(own.filter((e) => e.observation === observation)).map(({ step, misfit }) => ({
        run: runNumber(i),
        x: Number(step),
        y: Number(misfit),
        curve: Number(observation),
      }))
    );
  });
  if (points.length === 0) return undefined;
  const misfits = points.map(({ y }) => y);
  const type = Math.max(...misfits) > 30 * Math.min(...misfits) ? "log" : "linear";
  const svg = await runLines(points, runs.length, {
    width: 230,
    height: 150,
    mark: { strokeWidth: 0.9, opacity: 0.8 },
    x: linear("x", "Correction step"),
    y: { ...linear("y", "Data misfit"), scale: { type, zero: false }, axis: { tickCount: 4, format: "~s" } },
  });
  return { name: `${slug}/misfit`, title: name, svg };
}

const MEASURES = { snr: "SNR of the mean [dB]", coverage90: "90 % coverage", crps: "CRPS" } as const;

/** Accuracy against solves, a figure a measure: the correction along its passes, a line a run; methods as points. */
export async function tradeoffOverlay({ found, slug }: ComparedScenario): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [measure, title] of Object.entries(MEASURES)) {
    const points = found.flatMap((scenario, i): Point[] =>
      (scenario?.tradeoff ?? []).flatMap((point) => {
        const y = point[measure as keyof typeof MEASURES];
        const curve = point.pass === undefined
          ? `${labelOf(scenario?.methods, point.method)} of ${i}`
          : "passes";
        return isNumber(y) ? [{ run: runNumber(i), x: Math.max(1, point.solves), y, curve }] : [];
      })
    );
    if (points.length === 0) continue;
    const svg = await runLines(points, found.length, {
      width: 230,
      height: 170,
      mark: { point: { size: 30, filled: true } },
      x: {
        field: "x",
        type: quantitative,
        title: "Solves per observation",
        scale: { type: "log", nice: false, padding: 12 },
        axis: { tickCount: 4, format: "~s" },
      },
      y: { ...linear("y", title), axis: { tickCount: 5 } },
    });
    figures.push({ name: `${slug}/${measure}-by-solves`, title: `${title} against solves`, svg });
  }
  return figures;
}

type Arrays = ReadonlyMap<string, StoredArray>;

/** Unknowns of a vector problem that are drawn. */
const MOST_MARGINALS = 6;

/** Marginal densities of a vector problem's first unknowns, one histogram a run. */
export async function marginalOverlay(
  runs: readonly { arrays: Arrays; method: string }[],
): Promise<Figure[]> {
  const samples = runs.flatMap(({ arrays, method }, i) => {
    const found = arrays.get(`${method}-samples`);
    return found ? [{ run: runNumber(i), ...found }] : [];
  });
  if (samples.length === 0) return [];
  const truth = runs[0].arrays.get("truth")?.data, figures: Figure[] = [];
  for (let k = 0; k < Math.min(MOST_MARGINALS, samples[0].shape[1] ?? 0); k++) {
    const draws = samples.map(({ run, data, shape: [n, size] }) =>
      [run, Array.from({ length: n }, (_, j) => data[j * size + k])] as const
    );
    const svg = await histogramFigure(new Map(draws), {
      truth: truth?.[k],
      title: `x${k + 1}`,
      colors: runColors(runs.length),
    });
    figures.push({ name: `marginal-${k + 1}`, title: `Component ${k + 1}`, svg });
  }
  return figures;
}
