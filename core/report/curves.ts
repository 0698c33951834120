import { chart, type Figure } from "./chart.ts";
import { colorsOf, labelOf, LEARNED, type Looks, methodsWith, TRUTH_COLOR } from "./looks.ts";
import { isNumber } from "./metric_format.ts";
import type { RunEvent, StoredArray } from "./run_folder.ts";

/** Points drawn per curve at most: more are not seen, and make the page heavy. */
const MOST_POINTS = 400;

export function thinned<T>(points: readonly T[]): T[] {
  const step = Math.ceil(points.length / MOST_POINTS);
  return points.filter((_, i) => i % step === 0 || i === points.length - 1);
}

export const quantitative = "quantitative" as const;
/** A linear axis that need not start at zero. */
export const linear = (field: string, title: string) => ({
  field,
  type: quantitative,
  title,
  scale: { zero: false },
});

/** Events without those of steps that a rollback gave up. */
export function keptSteps(events: readonly RunEvent[]): RunEvent[] {
  const lasting: RunEvent[] = [];
  for (const event of events) {
    const { stage, from } = event;
    while (stage === "rollback" && isNumber(from) && abandoned(lasting.at(-1), from)) lasting.pop();
    lasting.push(event);
  }
  return lasting;
}

function abandoned(event: RunEvent | undefined, from: number): boolean {
  return event?.stage === "train" && isNumber(event.step) && event.step > from;
}

/** Training and validation loss by step, the spikes of the first steps cut off; undefined without training events. */
export async function trainingFigure(events: readonly RunEvent[]): Promise<Figure | undefined> {
  let step = 0;
  const points = keptSteps(events).flatMap(({ stage, step: at, loss }) => {
    if (stage !== "train" && stage !== "validate") return [];
    if (isNumber(at)) step = at;
    return isNumber(loss) ? [{ step, loss, curve: stage === "train" ? "training" : "validation" }] : [];
  });
  if (points.length === 0) return undefined;
  const training = points.filter((p) => p.curve === "training"),
    validation = points.filter((p) => p.curve !== "training");
  const sorted = points.map((p) => p.loss).sort((a, b) => a - b);
  const top = sorted[Math.floor(0.98 * (sorted.length - 1))];
  const svg = await chart({
    width: 520,
    height: 200,
    data: { values: [...thinned(training), ...validation] },
    mark: { type: "line", clip: true, strokeWidth: 1.5 },
    encoding: {
      x: linear("step", "Training step"),
      y: {
        ...linear("loss", "Loss [nats per dimension]"),
        scale: { domain: top > sorted[0] ? [sorted[0], top] : undefined, zero: false },
      },
      color: {
        field: "curve",
        type: "nominal",
        scale: { domain: ["training", "validation"], range: ["#aabbcc", "#aa3377"] },
      },
    },
  });
  return { name: "training", title: "Training", svg };
}

/** The correction's data misfit by step in one scenario, a line an observation; undefined without its events. */
export async function correctionFigure(
  events: readonly RunEvent[],
  { name, slug }: { name: string; slug: string },
): Promise<Figure | undefined> {
  const corrections = events.filter((e) => e.stage === "correct" && e.scenario === name);
  const points = [...new Set(corrections.map((e) => e.observation))].flatMap((observation) =>
    thinned(corrections.filter((e) => e.observation === observation && isNumber(e.misfit) && e.misfit > 0))
      .map(({ step, misfit }) => ({ step, misfit: Number(misfit), observation }))
  );
  if (points.length === 0) return undefined;
  const misfits = points.map((p) => p.misfit);
  const decades = Math.max(...misfits) > 30 * Math.min(...misfits);
  const svg = await chart({
    width: 230,
    height: 150,
    data: { values: points },
    mark: { type: "line", strokeWidth: 1 },
    encoding: {
      x: linear("step", "Correction step"),
      y: {
        field: "misfit",
        type: quantitative,
        title: "Data misfit",
        scale: { type: decades ? "log" : "linear", zero: false },
        axis: { tickCount: 4, format: "~s" },
      },
      color: { field: "observation", type: "nominal", legend: null, scale: { scheme: "tableau10" } },
    },
  });
  return { name: `${slug}/correction`, title: name, svg };
}

/** A small chart with one line a method. */
async function methodLines(
  values: readonly { readonly method: string }[],
  { x, y, colors }: { x: object; y: object; colors: object },
): Promise<string> {
  return await chart({
    width: 220,
    height: 150,
    data: { values: [...values] },
    mark: { type: "line", point: { size: 18 }, strokeWidth: 1.5 },
    encoding: { x, y, color: { field: "method", type: "nominal", scale: colors } },
  });
}

/** SNR of the mean against the number of samples it is taken over; undefined where no method has the curve. */
export async function snrFigure(
  arrays: ReadonlyMap<string, StoredArray>,
  { place, looks }: { place: string; looks: Looks },
): Promise<Figure | undefined> {
  const methods = LEARNED.filter((m) => arrays.has(`${m}-snr-by-samples`));
  const values = methods.flatMap((method) => {
    const { data, shape: [rows] } = arrays.get(`${method}-snr-by-samples`)!;
    return Array.from({ length: rows }, (_, k) => ({ samples: data[2 * k], snr: data[2 * k + 1], method }));
  });
  if (values.length === 0) return undefined;
  const svg = await methodLines(values, {
    x: { field: "samples", type: quantitative, title: "Samples", scale: { type: "log", base: 2 } },
    y: linear("snr", "SNR of the mean [dB]"),
    colors: colorsOf(methods, looks),
  });
  return { name: `${place}/snr-by-samples`, title: "SNR against the number of samples", svg };
}

/** Misfit of each least-squares method by iteration; undefined where none was recorded. */
export async function misfitFigure(
  arrays: ReadonlyMap<string, StoredArray>,
  { place, looks }: { place: string; looks: Looks },
): Promise<Figure | undefined> {
  const values = methodsWith("misfits", { arrays, looks }).flatMap((method) => {
    const { data } = arrays.get(`${method}-misfits`)!;
    return Array.from(data, (misfit, iteration) => ({
      iteration,
      misfit: misfit / data[0],
      method: labelOf(looks, method),
    }));
  });
  if (values.length === 0) return undefined;
  const svg = await methodLines(values, {
    x: linear("iteration", "Iteration"),
    y: linear("misfit", "Relative misfit"),
    colors: { scheme: "tableau10" },
  });
  return { name: `${place}/misfits`, title: "Misfit by iteration", svg };
}

/** A method's values along a line, with their standard deviation where it is known. */
export interface Profile {
  readonly method: string;
  readonly mean: readonly number[];
  readonly std?: readonly number[];
}

/** Half width of a 99 % band of a normal distribution, in standard deviations. */
const BAND = 2.576;

/** Vertical profiles: truth, means and 99 % bands against depth, downwards. */
export async function profileFigure(
  profiles: readonly Profile[],
  { depth, unit, title, looks }: {
    depth: readonly number[];
    unit: string;
    title: string;
    looks: Looks;
  },
): Promise<string> {
  const values = profiles.flatMap(({ method, mean, std }) =>
    mean.map((value, i) => {
      const half = std ? BAND * std[i] : 0;
      return { depth: depth[i], value, low: value - half, high: value + half, method };
    })
  );
  const color = {
    field: "method",
    type: "nominal" as const,
    scale: colorsOf(profiles.map((p) => p.method), looks),
    legend: { symbolOpacity: 1 },
  };
  const y = { field: "depth", type: quantitative, title, scale: { reverse: true, nice: false, zero: false } };
  return await chart({
    width: 220,
    height: 300,
    data: { values },
    layer: [{
      transform: [{ filter: "datum.low < datum.high" }],
      mark: { type: "area", orient: "horizontal", opacity: 0.22 },
      encoding: {
        x: { ...linear("low", `Amplitude${unit}`), axis: { format: "~g", tickCount: 4 } },
        x2: { field: "high" },
        y,
        color,
      },
    }, {
      mark: { type: "line", strokeWidth: 1.3 },
      encoding: { x: { ...linear("value", `Amplitude${unit}`) }, y, color, order: { field: "depth" } },
    }],
  });
}

const BINS = 24;

/** Histograms of one quantity by method as densities on shared bins, and the truth as a line. */
export async function histogramFigure(
  samples: ReadonlyMap<string, readonly number[]>,
  { truth, title, colors }: {
    truth?: number;
    title: string;
    colors: { readonly domain: string[]; readonly range: string[] };
  },
): Promise<string> {
  const all = [...samples.values()].flat().concat(truth ?? []).filter(Number.isFinite);
  const low = all.reduce((a, b) => Math.min(a, b), Infinity),
    high = all.reduce((a, b) => Math.max(a, b), -Infinity);
  const width = (high - low) / BINS || 1;
  const values = [...samples].flatMap(([method, draws]) => {
    const counts = new Array(BINS).fill(0);
    for (const v of draws) counts[Math.min(Math.floor((v - low) / width), BINS - 1)]++;
    return counts.map((count, b) => ({
      method,
      from: low + b * width,
      to: low + (b + 1) * width,
      density: count / draws.length / width,
    }));
  });
  const axis = { format: "~g", tickCount: 4 };
  return await chart({
    width: 220,
    height: 150,
    layer: [{
      data: { values },
      mark: { type: "bar", opacity: 0.5, binSpacing: 0 },
      encoding: {
        x: { field: "from", type: quantitative, title, bin: { binned: true }, scale: { zero: false }, axis },
        x2: { field: "to" },
        y: {
          field: "density",
          type: quantitative,
          title: "Density",
          stack: null,
          axis: { labels: false, ticks: false },
        },
        color: { field: "method", type: "nominal", scale: colors },
      },
    }, {
      data: { values: truth === undefined ? [] : [{ truth }] },
      mark: { type: "rule", color: TRUTH_COLOR, strokeWidth: 1.5, strokeDash: [4, 2] },
      encoding: { x: { field: "truth", type: quantitative } },
    }],
  });
}
