import { metric } from "./metric.ts";
import { coverageOf, depthLabels, regionalCoverage } from "./regions.ts";

/** 90 % coverage in each third of an image's rows. */
export const coverageByDepth = metric({
  kind: "coverage-by-depth",
  about: "90 % coverage in the top, middle and bottom third of an image",
  default: true,
  needs: ["samples"],
  gives: {
    coverageByDepthShallow: regionalCoverage("top third"),
    coverageByDepthMiddle: regionalCoverage("middle"),
    coverageByDepthDeep: regionalCoverage("bottom"),
  },
  evaluate(judgement) {
    const { space, mask } = judgement;
    if (space.kind !== "image") return {};
    return coverageOf(judgement, { prefix: "coverageByDepth", labels: depthLabels(space.shape, mask) });
  },
});
