import { metric, unmasked } from "./metric.ts";
import { coverageOf, regionalCoverage } from "./regions.ts";
import { quantileBands } from "./calibration_trials.ts";

/** Thirds of an image's cells by the information that the data have about them. */
const LIGHTS = ["Dim", "Medium", "Bright"];

/** 90 % coverage in the thirds of an image's cells that the data see least, more and most. */
export const coverageByIllumination = metric({
  kind: "coverage-by-illumination",
  about: "90 % coverage in the thirds of an image's cells that the data see least, more and most",
  needs: ["samples", "illumination"],
  gives: {
    coverageByIlluminationDim: regionalCoverage("dim"),
    coverageByIlluminationMedium: regionalCoverage("lit"),
    coverageByIlluminationBright: regionalCoverage("bright"),
  },
  evaluate(judgement) {
    const { space, mask, illumination } = judgement;
    if (space.kind !== "image") return {};
    const cells = unmasked(mask), light = Float64Array.from(cells, (i) => illumination[i]);
    const bands = quantileBands(light, LIGHTS.length);
    const labels: (string | undefined)[] = new Array(mask.length).fill(undefined);
    cells.forEach((cell, i) => labels[cell] = LIGHTS[Number(bands[i]) - 1]);
    return coverageOf(judgement, { prefix: "coverageByIllumination", labels });
  },
});
