import { coveredFraction } from "./intervals.ts";
import { metric, unmasked } from "./metric.ts";

/** Nominal probabilities of the central intervals. */
const LEVELS = [0.5, 0.9, 0.95];

const nameOf = (level: number) => `coverage${100 * level}`;

/**
 * Fraction of cells whose truth lies in the central 50, 90 and 95 % interval of the samples; a calibrated posterior
 * gives the level itself.
 */
export const coverage = metric({
  kind: "coverage",
  about: "fraction of cells whose truth lies in the central 50, 90 and 95 % intervals",
  default: true,
  needs: ["samples"],
  gives: Object.fromEntries(
    LEVELS.map((level) => [
      nameOf(level),
      { label: `${100 * level} % coverage`, better: level, decimals: 3 },
    ]),
  ),
  evaluate({ truth, samples, mask }) {
    const covered = coveredFraction({ truth, samples }, { cells: unmasked(mask), levels: LEVELS });
    return Object.fromEntries(LEVELS.map((level, k) => [nameOf(level), covered[k]]));
  },
});
