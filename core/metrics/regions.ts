import { type Judgement, unmasked } from "./metric.ts";
import { coveredFraction } from "./probabilistic.ts";
import { cellsByLabel, depthBands, type Labels, quantileBands } from "./trials.ts";

/** Thirds of an image's rows from the top, and of its cells by how much the data see of them. */
export const DEPTHS = ["Shallow", "Middle", "Deep"], LIGHTS = ["Dim", "Medium", "Bright"];

/** Labels of an image's cells by thirds of its rows from the top; muted cells have none. */
export function depthLabels(shape: readonly number[], mask: ArrayLike<number>): Labels {
  return depthBands(shape, DEPTHS.length).map((band, cell) =>
    mask[cell] === 0 ? undefined : DEPTHS[Number(band) - 1]
  );
}

/** 90 % coverage in each third of an image's rows. */
export function coverageByDepth(judgement: Judgement): Record<string, number> {
  const { space, mask } = judgement;
  if (space.kind !== "image") return {};
  return coverageOf(judgement, { name: "coverageByDepth", labels: depthLabels(space.shape, mask) });
}

/** 90 % coverage in the thirds of an image's cells that the data see least, more and most. */
export function coverageByIllumination(judgement: Judgement): Record<string, number> {
  const { space, mask, illumination } = judgement;
  if (space.kind !== "image" || !illumination) return {};
  const cells = unmasked(mask), bands = quantileBands(Float64Array.from(cells, (i) => illumination[i]), 3);
  const labels: (string | undefined)[] = new Array(mask.length).fill(undefined);
  cells.forEach((cell, i) => labels[cell] = LIGHTS[Number(bands[i]) - 1]);
  return coverageOf(judgement, { name: "coverageByIllumination", labels });
}

function coverageOf(
  { truth, samples }: Judgement,
  { name, labels }: { name: string; labels: Labels },
): Record<string, number> {
  if (!samples) return {};
  return Object.fromEntries([...cellsByLabel(labels)].map(([label, cells]) => {
    const [covered] = coveredFraction({ truth, samples }, { cells, levels: [0.9] });
    return [`${name}${label}`, covered];
  }));
}
