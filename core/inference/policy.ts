/** Evidence about the posteriors of an observation that does not need the truth. */
export interface Evidence {
  /** p-value of the hypothesis that the observation is like the training data. Absent if no detector has one. */
  readonly shift?: number;
  /** p-value of the same hypothesis for all observations of the scenario together. Absent if they are too few. */
  readonly together?: number;
  /** Parts of the problem, operator or noise, that are declared to differ from those of training. */
  readonly changed?: readonly string[];
  /** Evidence about the corrected posterior, once there is one. */
  readonly corrected?: {
    /** p-value of the residual of its mean among those of nominal amortized means. */
    readonly residual?: number;
    /** Pareto shape of its importance weights, and the largest shape at which the weights are reliable. */
    readonly kHat?: number;
    readonly threshold?: number;
    /** Why one of these numbers cannot be computed. */
    readonly absent?: Readonly<Record<string, string>>;
  };
}

/** What one observation may take, and what the steps cost, in wave-equation solves. */
export interface Budget {
  /** Solves that are left. */
  readonly solves: number;
  readonly correction: number;
  /** Absent where no refinement is declared. */
  readonly refinement?: number;
  /** p-values below count as evidence of a fault. */
  readonly level: number;
}

/** The posterior to take, and the reason. A warning says that no better posterior was available. */
export interface Decision {
  readonly action: "trust" | "correct" | "refine";
  readonly reason: string;
  readonly warning: boolean;
}

/**
 * Chooses the posterior of an observation in two steps. Before a correction: the amortized posterior is accepted if
 * neither the observation nor its scenario as a whole is unusual; otherwise it is corrected, if the budget allows
 * that. An operator or noise that is declared to differ from training needs no test: the flow was not trained on it,
 * and the correction uses it. After a correction: the corrected posterior is accepted unless its residual or its
 * importance weights are unusual. It is then refined, if a refinement is declared and the budget allows it.
 */
export function decide(evidence: Evidence, budget: Budget): Decision {
  return evidence.corrected
    ? afterCorrection(evidence.corrected, budget)
    : beforeCorrection(evidence, budget);
}

function beforeCorrection(evidence: Evidence, { solves, correction, level }: Budget): Decision {
  const { changed = [] } = evidence, { p, what } = shiftOf(evidence);
  const why = changed.length > 0
    ? `${changed.join(" and ")} changed`
    : p === 0
    ? "no detector has a p-value"
    : `p = ${p.toPrecision(2)}`;
  if (p >= level && changed.length === 0) {
    return { action: "trust", reason: `the observation is like the training data (${why})`, warning: false };
  }
  const subject = changed.length > 0 ? ALONE : what;
  if (correction > solves) {
    const short = `a correction takes ${Math.round(correction)} solves, ${Math.round(solves)} are left`;
    return { action: "trust", reason: `${subject} unusual (${why}), but ${short}`, warning: true };
  }
  return { action: "correct", reason: `${subject} unlike the training data (${why})`, warning: false };
}

const ALONE = "the observation is", TOGETHER = "the scenario's observations together are";

/**
 * The p-value of a shift, and what its test is about. Two tests are combined by Bonferroni. If no test could be
 * computed the observation is not trusted: p = 0.
 */
function shiftOf({ shift, together }: Evidence): { p: number; what: string } {
  if (shift === undefined) return { p: together ?? 0, what: together === undefined ? ALONE : TOGETHER };
  if (together === undefined) return { p: shift, what: ALONE };
  return { p: Math.min(1, 2 * shift, 2 * together), what: together < shift ? TOGETHER : ALONE };
}

function afterCorrection(
  { residual, kHat, threshold = 0.7, absent = {} }: NonNullable<Evidence["corrected"]>,
  { solves, refinement, level }: Budget,
): Decision {
  const faults = [
    ...kHat !== undefined && !(kHat <= threshold)
      ? [`k-hat is ${kHat.toFixed(2)}, above ${threshold.toFixed(2)}`]
      : [],
    ...residual !== undefined && residual < level
      ? [`the data are not explained (p = ${residual.toPrecision(2)})`]
      : [],
    ...Object.entries(absent).map(([name, reason]) => `${name} cannot be computed: ${reason}`),
  ];
  if (faults.length === 0) {
    const checked = kHat === undefined && residual === undefined
      ? "nothing speaks against it"
      : "it is sound";
    return { action: "correct", reason: `corrected, and ${checked}`, warning: false };
  }
  const reason = `after the correction ${faults.join(" and ")}`;
  if (refinement !== undefined && refinement <= solves) return { action: "refine", reason, warning: false };
  const why = refinement === undefined
    ? "no refinement is declared"
    : `a refinement takes ${Math.round(refinement)} solves, ${Math.round(solves)} are left`;
  return { action: "correct", reason: `${reason}; ${why}`, warning: true };
}
