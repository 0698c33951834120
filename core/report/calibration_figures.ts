import type { CalibrationSummary } from "../contracts/summary.ts";
import { type Band, TARP, uniformEnvelope } from "../metrics/mod.ts";
import { rootKey } from "../base/random.ts";
import { chart, type Figure } from "./chart.ts";
import { labelOf, type Looks } from "./looks.ts";
import type { StoredArray } from "./run_folder.ts";

/** Bins of a histogram of ranks, and levels of a coverage curve. */
const BINS = 10, LEVELS = 50;
/** Half width of a 95 % band of a normal distribution, in standard deviations. */
const BAND = 1.96;
const BAND_COLOR = "#e4e9ee", LINE_COLOR = "#4477aa";

/** Ranks and coverage of one posterior on many truths, from the ranks that the run recorded. */
export async function calibrationFigures(
  ranks: StoredArray,
  { tests, method, slug, looks }: {
    tests: CalibrationSummary;
    method: string;
    slug: string;
    looks: Looks;
  },
): Promise<Figure[]> {
  const [rows, count] = ranks.shape, names = [...Object.keys(tests.sbc), TARP], outcomes = tests.samples + 1;
  if (rows !== names.length) return [];
  const rowOf = (k: number) => Array.from(ranks.data.subarray(k * count, (k + 1) * count));
  const place = `${slug}/calibration/${method}`, of = `, ${labelOf(looks, method)}`;
  const histograms = await Promise.all(names.map(async (name, k) => ({
    name: `${place}-${name.toLowerCase().replaceAll(" ", "-")}`,
    title: `${name === TARP ? "distance" : name}${of}`,
    svg: await histogram(rowOf(k).map((rank) => (rank + 0.5) / outcomes)),
  })));
  const central = names.slice(0, -1).flatMap((name, k) =>
    curve(rowOf(k).map((rank) => Math.abs(2 * (rank + 0.5) / outcomes - 1)), name)
  );
  const balls = curve(rowOf(names.length - 1).map((rank) => (rank + 0.5) / outcomes), TARP);
  const envelope = (outcomes: number) => uniformEnvelope({ count, outcomes, key: rootKey(0) });
  return [{
    name: `${place}-coverage`,
    title: `central intervals${of}`,
    svg: await coverageChart(central, envelope(LEVELS)),
  }, {
    name: `${place}-balls`,
    title: `random balls (TARP)${of}`,
    svg: await coverageChart(balls, envelope(outcomes)),
  }, ...histograms];
}

interface CurvePoint {
  readonly level: number;
  readonly coverage: number;
  readonly quantity: string;
}

/** Fraction of truths inside the regions of each level, from the smallest level that contains each truth. */
function curve(least: readonly number[], quantity: string): CurvePoint[] {
  return Array.from({ length: LEVELS + 1 }, (_, k) => {
    const level = k / LEVELS;
    return { level, coverage: least.filter((v) => v <= level).length / least.length, quantity };
  });
}

const share = (field: string, title: string) => ({
  field,
  type: "quantitative" as const,
  title,
  scale: { domain: [0, 1] },
  axis: { tickCount: 5 },
});

async function coverageChart(points: readonly CurvePoint[], band: readonly Band[]): Promise<string> {
  const x = share("level", "Credible level"), y = share("coverage", "Coverage");
  return await chart({
    width: 200,
    height: 200,
    layer: [
      {
        data: { values: [...band] },
        mark: { type: "area", color: BAND_COLOR },
        encoding: { x: { ...x, field: "at" }, y: { ...y, field: "low" }, y2: { field: "high" } },
      },
      {
        data: { values: [{ level: 0, coverage: 0 }, { level: 1, coverage: 1 }] },
        mark: { type: "line", color: "#999", strokeWidth: 1, strokeDash: [3, 3] },
        encoding: { x, y },
      },
      {
        data: { values: [...points] },
        mark: { type: "line", strokeWidth: 1.3 },
        encoding: {
          x,
          y,
          color: { field: "quantity", type: "nominal", legend: null, scale: { scheme: "tableau10" } },
        },
      },
    ],
  });
}

/** Counts of ranks in 0..1, and the band that 95 % of the bins of uniform ranks lie in. */
async function histogram(ranks: readonly number[]): Promise<string> {
  const counts = new Array<number>(BINS).fill(0);
  for (const rank of ranks) counts[Math.min(BINS - 1, Math.floor(rank * BINS))]++;
  const expected = ranks.length / BINS, half = BAND * Math.sqrt(expected * (1 - 1 / BINS));
  const bars = counts.map((count, k) => ({ from: k / BINS, to: (k + 1) / BINS, count }));
  const band = [{ from: 0, to: 1, low: Math.max(0, expected - half), high: expected + half }];
  const x = { ...share("from", "Rank of the truth"), bin: { binned: true } };
  const y = { field: "count", type: "quantitative", title: "Truths" } as const;
  return await chart({
    width: 200,
    height: 110,
    layer: [
      {
        data: { values: bars },
        mark: { type: "bar", color: LINE_COLOR, opacity: 0.7, binSpacing: 1 },
        encoding: { x, x2: { field: "to" }, y },
      },
      {
        data: { values: band },
        mark: { type: "rect", color: "#333", opacity: 0.15 },
        encoding: {
          x: { ...x, bin: undefined },
          x2: { field: "to" },
          y: { ...y, field: "low" },
          y2: { field: "high" },
        },
      },
    ],
  });
}
