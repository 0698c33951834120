import type { Vector } from "../contracts/vector.ts";
import { fold, type Key, uniforms } from "../base/random.ts";
import { calibrationByGroup, simulationBasedCalibration, tarp } from "./calibration_tests.ts";
import { type Labels, type Quantity, samplesPerTrial, type Trial } from "./calibration_trials.ts";
import { bonferroni, uniformityTest } from "./uniformity.ts";

/**
 * Whether the samples of many trials are draws of their posteriors: the p-value of each test and of all tests
 * together.
 */
export interface Calibration {
  readonly observations: number;
  readonly samples: number;
  /** p-values of the ranks of each quantity, of the coverage of its central intervals, and of TARP. */
  readonly sbc: Readonly<Record<string, number>>;
  readonly coverage: Readonly<Record<string, number>>;
  readonly tarp: number;
  /**
   * p-values of groups of cells by their label: SBC on projections and TARP on these cells alone. Also the joint
   * p-value of all labels.
   */
  readonly groups: Readonly<Record<string, number>>;
  /** The joint p-value of `sbc`, `coverage` and `tarp`, by Bonferroni. */
  readonly pValue: number;
  /** Ranks in 0..samples, by quantity, "TARP" the last. */
  readonly ranks: Readonly<Record<string, Uint32Array>>;
}

/** Number of simulated sets of ranks. It suffices for p-values below 1 % after Bonferroni's correction. */
const DRAWS = 9999;
/** Nominal levels that central coverage is compared at. */
const LEVELS = 50;

/** The rank statistic of distances from the reference points. */
export const TARP = "TARP";

/**
 * Tests the calibration of a sampler on independent trials by envelope tests: SBC of each quantity, the coverage of
 * its central intervals at 50 levels, and TARP. The reference points of TARP should depend on the data; only then is
 * a sampler of the prior rejected. `labels` name groups of cells that are tested separately.
 */
export function calibrate(
  trials: readonly Trial[],
  { quantities, references, labels, cells, key }: {
    quantities: Readonly<Record<string, Quantity>>;
    references: readonly Vector[];
    labels?: Labels;
    cells: readonly number[];
    key: Key;
  },
): Calibration {
  const names = Object.keys(quantities), count = trials.length, samples = samplesPerTrial(trials);
  const tests = simulationBasedCalibration(trials, {
    quantities: Object.values(quantities),
    key: fold(key, "sbc"),
    draws: DRAWS,
  });
  const central = uniformityTest({ count, outcomes: LEVELS, key: fold(key, "central"), draws: DRAWS });
  const ball = tarp(trials, { key: fold(key, TARP), references, cells, draws: DRAWS });
  const named = (value: (k: number) => number) =>
    Object.fromEntries(names.map((name, k) => [name, value(k)]));
  const sbc = named((k) => tests[k].envelope.pValue);
  const coverage = named((k) =>
    central(centralLevels(tests[k].ranks, { samples, key: fold(fold(key, "split"), k) })).envelope.pValue
  );
  const all = [...Object.values(sbc), ...Object.values(coverage), ball.envelope.pValue];
  const ranks = Object.fromEntries(names.map((name, k) => [name, tests[k].ranks]));
  return {
    observations: count,
    samples,
    sbc,
    coverage,
    tarp: ball.envelope.pValue,
    groups: labels ? groupPValues(trials, { labels, references, key: fold(key, "groups") }) : {},
    pValue: bonferroni(all),
    ranks: { ...ranks, [TARP]: ball.ranks },
  };
}

/**
 * The least of 50 levels whose central interval holds the truth, from its rank among the samples: uniform on 0..49
 * where ranks are uniform. A rank is spread over its share of the interval at random, so that any number of samples
 * will do.
 */
export function centralLevels(
  ranks: Uint32Array,
  { samples, key }: { samples: number; key: Key },
): Uint32Array {
  const u = uniforms(key, ranks.length);
  return ranks.map((rank, i) => Math.floor(LEVELS * Math.abs(2 * (rank + u[i]) / (samples + 1) - 1)));
}

function groupPValues(
  trials: readonly Trial[],
  { labels, references, key }: { labels: Labels; references: readonly Vector[]; key: Key },
): Record<string, number> {
  const groups = calibrationByGroup(trials, { labels, references, key, draws: DRAWS });
  const pValues = [...groups].map(([label, { sbc, tarp }]) =>
    [label, bonferroni([sbc.envelope, tarp.envelope])] as const
  );
  return Object.fromEntries([...pValues, ["all", bonferroni(pValues.map(([, p]) => p))]]);
}
