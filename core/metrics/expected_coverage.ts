import { chiSquareTail } from "./gamma.ts";
import { summarise } from "./summarise.ts";
import { cellsByLabel, type Labels, type Trial } from "./calibration_trials.ts";

/** Credibility levels at which coverage is reported. */
const LEVELS = [0.5, 0.9, 0.95];

/** Fraction of trials in which a credible region of nominal probability `level` contained the truth. */
export interface CoveragePoint {
  /** Exact for the number of samples: the level asked for, to the nearest step of `1 / (samples + 1)`. */
  readonly level: number;
  readonly coverage: number;
  /** Standard error over trials. */
  readonly error: number;
}

/**
 * Expected coverage by ranks in 0..outcomes-1, one of each independent trial, with the binomial error
 * `sqrt(c (1 - c) / n)`: of `central` intervals of a quantity, or of all `below` a level, for distances the ball
 * (Hermans et al. 2022, "A trust crisis in simulation-based inference?", eq. 6).
 */
export function expectedCoverage(
  ranks: Uint32Array,
  { outcomes, region, levels = LEVELS }: {
    outcomes: number;
    region: "central" | "below";
    levels?: readonly number[];
  },
): CoveragePoint[] {
  return levels.map((wanted) => {
    const { from, to } = rankRange(wanted, { outcomes, region });
    const coverage = ranks.reduce((sum, rank) => sum + Number(rank >= from && rank < to), 0) / ranks.length;
    const error = Math.sqrt(coverage * (1 - coverage) / ranks.length);
    return { level: (to - from) / outcomes, coverage, error };
  });
}

/**
 * p-value of the coverage of `trials` independent trials against its level: `z^2` of the normal approximation to the
 * binomial distribution against chi-square with one degree of freedom.
 */
export function coverageTest({ level, coverage }: CoveragePoint, trials: number): number {
  return chiSquareTail((coverage - level) ** 2 * trials / (level * (1 - level)), 1);
}

/**
 * Pointwise coverage of central intervals, a mean over the cells of each label and over trials. Cells of one trial
 * depend on each other, so the error is that of the trials' fractions.
 */
export function coverageByGroup(
  trials: readonly Trial[],
  { labels, level = 0.9 }: { labels: Labels; level?: number },
): Map<string, CoveragePoint> {
  return new Map([...cellsByLabel(labels)].map(([label, cells]) => {
    const fractions = trials.map((trial) => insideFraction(trial, { cells, level }));
    const { mean, standardError } = summarise(fractions.map((f) => f.coverage));
    return [label, { level: fractions[0].level, coverage: mean, error: standardError }];
  }));
}

/** Fraction of cells whose truth lies in the central interval of its samples. */
function insideFraction(
  { truth, samples }: Trial,
  { cells, level }: { cells: readonly number[]; level: number },
): { level: number; coverage: number } {
  const outcomes = samples.length / truth.length + 1;
  const { from, to } = rankRange(level, { outcomes, region: "central" });
  const inside = cells.filter((cell) => {
    let rank = 0;
    for (let at = cell; at < samples.length; at += truth.length) if (samples[at] < truth[cell]) rank++;
    return rank >= from && rank < to;
  });
  return { level: (to - from) / outcomes, coverage: inside.length / cells.length };
}

/** The half-open range of ranks whose probability is nearest to a level. */
function rankRange(
  level: number,
  { outcomes, region }: { outcomes: number; region: "central" | "below" },
): { from: number; to: number } {
  if (region === "below") return { from: 0, to: Math.round(level * outcomes) };
  const cut = Math.round((1 - level) / 2 * outcomes);
  return { from: cut, to: outcomes - cut };
}
