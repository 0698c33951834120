import type { Vector } from "../contracts/vector.ts";
import { fold, type Key } from "../base/random.ts";
import {
  cellsByLabel,
  distance,
  type Labels,
  otherTruths,
  projections,
  type Quantity,
  ranks,
  samplesPerTrial,
  type Trial,
} from "./calibration_trials.ts";
import { type CoveragePoint, expectedCoverage } from "./expected_coverage.ts";
import { bonferroni, type Uniformity, uniformityTest } from "./uniformity.ts";

/** A quantity's ranks and how uniform they are. */
interface RankTest extends Uniformity {
  readonly ranks: Uint32Array;
}

/**
 * Simulation-based calibration: for an exact posterior the rank of the truth among L samples is uniform on 0..L
 * (Talts, Betancourt, Simpson, Vehtari, Gelman 2018, theorem 1), for any quantity of the unknown and the data
 * (Modrak et al. 2023, theorem 1). A sampler that ignores the data passes with every quantity of the unknown
 * alone; quantities that depend on the data, such as the misfit, find it.
 */
export function simulationBasedCalibration(
  trials: readonly Trial[],
  { quantities, key, draws }: { quantities: readonly Quantity[]; key: Key; draws?: number },
): RankTest[] {
  const test = uniformityTest({
    count: trials.length,
    outcomes: samplesPerTrial(trials) + 1,
    key: fold(key, "null"),
    draws,
  });
  return quantities.map((quantity, k) => {
    const observed = ranks(trials, quantity, fold(fold(key, "ties"), k));
    return { ranks: observed, ...test(observed) };
  });
}

/** Expected coverage of the balls about the reference points, and a test of all their levels at once. */
interface Tarp extends RankTest {
  readonly coverage: readonly CoveragePoint[];
}

/**
 * Tests of accuracy with random points: the fraction of samples nearer to a reference point than the truth is
 * uniform for an exact posterior, whatever the point (Lemos, Coogan, Hezaveh, Perreault-Levasseur 2023, theorem 2).
 * A point for each trial, of any distribution given the data, but not of the truth and the samples; without
 * `references`, the truth of another trial, which shows biases and wrong widths but not a sampler of the prior.
 * Distances are Euclidean on `cells`, all by default.
 */
export function tarp(
  trials: readonly Trial[],
  { key, references = otherTruths(trials, fold(key, "references")), cells, draws }: {
    key: Key;
    references?: readonly Vector[];
    cells?: readonly number[];
    draws?: number;
  },
): Tarp {
  const quantity = distance(references, cells ?? [...trials[0].truth.keys()]);
  const [test] = simulationBasedCalibration(trials, { quantities: [quantity], key, draws });
  const options = { outcomes: samplesPerTrial(trials) + 1, region: "below" } as const;
  return { ...test, coverage: expectedCoverage(test.ranks, options) };
}

/** p-values of one group of cells, each over all its quantities together. */
interface GroupCalibration {
  readonly sbc: { readonly chiSquare: number; readonly envelope: number };
  readonly tarp: { readonly chiSquare: number; readonly envelope: number };
}

/** Random projections per group: as many as keep Bonferroni's correction from costing much power. */
const PROJECTIONS = 4;

/** SBC on random projections, and TARP, on the cells of each label alone. */
export function calibrationByGroup(
  trials: readonly Trial[],
  { labels, key, references = otherTruths(trials, fold(key, "references")), draws }: {
    labels: Labels;
    key: Key;
    references?: readonly Vector[];
    draws?: number;
  },
): Map<string, GroupCalibration> {
  return new Map([...cellsByLabel(labels)].map(([label, cells]) => {
    const groupKey = fold(key, label);
    const quantities = projections(cells, { count: PROJECTIONS, key: fold(groupKey, "directions") });
    const sbc = simulationBasedCalibration(trials, { quantities, key: groupKey, draws });
    const { chiSquare, envelope } = tarp(trials, { key: groupKey, references, cells, draws });
    return [label, {
      sbc: {
        chiSquare: bonferroni(sbc.map((t) => t.chiSquare.pValue)),
        envelope: bonferroni(sbc.map((t) => t.envelope.pValue)),
      },
      tarp: { chiSquare: chiSquare.pValue, envelope: envelope.pValue },
    }];
  }));
}
