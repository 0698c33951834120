import type { JudgementWith, MetricOutput } from "../contracts/metric.ts";
import { coveredFraction } from "./intervals.ts";
import { cellsByLabel, depthBands, type Labels } from "./calibration_trials.ts";

/** Probability of the central intervals whose coverage is compared between regions. */
const LEVEL = 0.9;

/** Thirds of an image's rows, from the top. */
const DEPTHS = ["Shallow", "Middle", "Deep"];

/** Labels of an image's cells by thirds of its rows from the top; muted cells have none. */
export function depthLabels(shape: readonly number[], mask: ArrayLike<number>): Labels {
  return depthBands(shape, DEPTHS.length).map((band, cell) =>
    mask[cell] === 0 ? undefined : DEPTHS[Number(band) - 1]
  );
}

/** The coverage of a region, by what the region is called. */
export function regionalCoverage(region: string): MetricOutput {
  return { label: `90 % coverage, ${region}`, better: LEVEL, decimals: 3, regional: true };
}

/** 90 % coverage of the cells of each label, named by a prefix and the label. */
export function coverageOf(
  { truth, samples }: JudgementWith<"samples">,
  { prefix, labels }: { prefix: string; labels: Labels },
): Record<string, number> {
  return Object.fromEntries([...cellsByLabel(labels)].map(([label, cells]) => {
    const [covered] = coveredFraction({ truth, samples }, { cells, levels: [LEVEL] });
    return [`${prefix}${label}`, covered];
  }));
}
