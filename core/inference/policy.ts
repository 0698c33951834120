/** What is known of an observation's posteriors without its truth. */
export interface Evidence {
  /** p-value that the observation is like the training data; absent where no detector has one. */
  readonly shift?: number;
  /** p-value that its scenario's observations together are; absent where they are too few to tell. */
  readonly together?: number;
  /** Declared parts of the problem, operator or noise, that are not those that the flow was trained on. */
  readonly changed?: readonly string[];
  /** Of the corrected posterior, once there is one. */
  readonly corrected?: {
    /** p-value of the residual of its mean among those of nominal amortized means. */
    readonly residual?: number;
    /** Pareto shape of its importance weights, and the largest at which these are to be trusted. */
    readonly kHat?: number;
    readonly threshold?: number;
    /** Why what should be known of it cannot be computed. */
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

/** Which posterior to take, and why. A warning says that it is taken for want of a better one. */
export interface Decision {
  readonly action: "trust" | "correct" | "refine";
  readonly reason: string;
  readonly warning: boolean;
}

/**
 * Decides in two steps. Before a correction: the amortized posterior is trusted where nothing is unusual about the
 * observation, nor about all of its scenario together, corrected otherwise, as far as the budget allows. An operator or noise that is known to be another one
 * needs no test: the flow was not trained on it, and the correction is told of it. After it: the corrected posterior
 * stands, unless its residual or its importance weights speak against it and a refinement is declared and affordable.
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
 * The p-value of a shift, Bonferroni's where there are two tests of it, and what the test that spoke is about. What no
 * test could judge is not trusted: p = 0.
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
