import type { ScenarioSummary } from "../contracts/summary.ts";
import { chart, type Figure } from "./chart.ts";
import { colorsOf, labelOf } from "./looks.ts";
import { isNumber } from "./metric_format.ts";

const MEASURES = { snr: "SNR of the mean [dB]", coverage90: "90 % coverage", crps: "CRPS" } as const;

/** Factor between the least and largest cost and the ends of the axis. */
const MARGIN = 1.25;

/** Accuracy against solves, a panel a measure: methods as points, the correction as a line over its passes. */
export async function tradeoffFigure(
  { name, slug, tradeoff = [], methods: looks }: ScenarioSummary,
): Promise<Figure | undefined> {
  const values = tradeoff.map((point) => ({
    ...point,
    label: labelOf(looks, point.method),
    solves: Math.max(1, point.solves), // a logarithm has no place for what costs none
  }));
  if (values.length === 0) return undefined;
  const methods = [...new Set(values.map(({ method }) => method))], colors = colorsOf(methods, looks);
  const costs = values.map(({ solves }) => solves), least = Math.min(...costs), most = Math.max(...costs);
  const encoding = {
    x: {
      field: "solves",
      type: "quantitative" as const,
      title: "Solves per observation",
      scale: { type: "log" as const, nice: false, domain: [least / MARGIN, most * MARGIN] },
      axis: { tickCount: 4, format: "~s" },
    },
    color: {
      field: "label",
      type: "nominal" as const,
      scale: { domain: methods.map((method) => labelOf(looks, method)), range: colors.range },
      legend: { columns: 4, labelLimit: 200 },
    },
  };
  const panel = ([measure, title]: [string, string]) => ({
    width: 230,
    height: 180,
    encoding: {
      ...encoding,
      y: {
        field: measure,
        type: "quantitative" as const,
        title,
        scale: { zero: false, padding: 8 },
        axis: { tickCount: 5 },
      },
    },
    layer: [
      ...(measure === "coverage90"
        ? [{
          mark: { type: "rule" as const, color: "#999", strokeDash: [4, 3] },
          encoding: { x: null, y: { datum: 0.9 }, color: null },
        }]
        : []),
      {
        transform: [{ filter: "isValid(datum.pass)" }],
        mark: { type: "line" as const, strokeWidth: 1.3 },
        encoding: { order: { field: "pass" } },
      },
      { mark: { type: "point" as const, filled: true, size: 45, opacity: 1 } },
    ],
  });
  const shown = Object.entries(MEASURES).filter(([measure]) =>
    values.some((point) => isNumber(point[measure as keyof typeof MEASURES]))
  );
  const svg = await chart({ data: { values }, hconcat: shown.map(panel) as never });
  return { name: `${slug}/tradeoff`, title: name, svg };
}
