import type { PolicySpec } from "../contracts/spec.ts";
import { type AmortizedPosterior, withFittedWeights } from "../inference/draw.ts";
import type { FittedCorrection } from "../inference/fitted_correction.ts";
import { latentProposal, weighDraws } from "../inference/importance.ts";
import { latentTarget } from "../inference/latent_target.ts";
import { likelihoodOf } from "../inference/likelihood.ts";
import { decide, type Decision, type Evidence } from "../inference/policy.ts";
import type { Observation, Problem } from "../inference/simulate.ts";
import { flowShapes } from "../inference/standardize.ts";
import { sizeOf } from "../base/shape.ts";
import { figuresOf, joined, smoothWeights } from "../metrics/mod.ts";
import { fold, type Key } from "../base/random.ts";
import type { Detection } from "../learning/detection.ts";
import { WEIGHED_SAMPLES } from "../plan/fixed_settings.ts";
import type { Node } from "../store/graph.ts";
import type { Estimate, LearnedTask } from "./method.ts";
import { type Refined, refinementSolves } from "./refined.ts";
import { type StoredFit, withFit } from "./stored_fit.ts";

/**
 * The final decision of a policy on an observation: the method whose posterior is taken, and the solves that led to
 * it.
 */
export interface PolicyOutcome extends Decision {
  readonly method: "amortized" | "corrected" | "refined";
  readonly solves: number;
}

const METHOD = { trust: "amortized", correct: "corrected", refine: "refined" } as const;

/** Makes all decisions in turn and counts the solves of each step. The reasons are joined. */
function applyPolicy(
  { level, solves = Infinity }: PolicySpec,
  { evidence, costs }: {
    evidence: Evidence & Required<Pick<Evidence, "corrected">>;
    costs: { correction: number; refinement?: number };
  },
): PolicyOutcome {
  const first = decide({ ...evidence, corrected: undefined }, { ...costs, solves, level });
  if (first.action !== "correct") return { ...first, method: METHOD[first.action], solves: 0 };
  const spent = costs.correction;
  const last = decide(evidence, { ...costs, solves: solves - spent, level });
  const refined = last.action === "refine" ? costs.refinement! : 0;
  const reason = `${first.reason}; ${last.reason}`;
  return { ...last, reason, method: METHOD[last.action], solves: spent + refined };
}

/**
 * Pareto shape of the importance weights of a corrected posterior, and the largest reliable one. Returns nothing if the
 * prior has no density, if cells are muted, or if the correction changes the summary.
 */
async function paretoShape(
  fitted: FittedCorrection,
  { posterior, problem, observation, key }: {
    posterior: AmortizedPosterior;
    problem: Problem;
    observation: Observation;
    key: Key;
  },
): Promise<Record<string, number>> {
  const { prior, survey } = problem;
  if (fitted.changes === "summary") return {};
  if (!prior.logDensity || !prior.score || survey.mask.some((free) => free === 0)) return {};
  const { x } = posterior.standardization, likelihood = likelihoodOf(problem, observation.data);
  const target = latentTarget(withFittedWeights(posterior, fitted), {
    likelihood,
    prior,
    summary: observation.summary,
  });
  const proposal = latentProposal(flowShapes(posterior.standardization).x, fitted);
  const options = { key, n: WEIGHED_SAMPLES, size: sizeOf(x) };
  const { kHat, threshold } = smoothWeights((await weighDraws(target, proposal, options)).logWeights);
  return { kHat, threshold };
}

/** The policy's decision on an observation. */
export function decisionNode(
  task: LearnedTask,
  { detection, fit, corrected, refined }: {
    detection: Node<Detection>;
    fit: Node<StoredFit>;
    corrected: Node<Estimate>;
    refined?: Node<Refined>;
  },
): Node<PolicyOutcome> {
  const { spec: { policy }, changed, together, context } = task;
  const optional = [refined, together].flatMap((node): Node[] => node ? [node] : []);
  const upstream = [detection, fit, corrected, task.learned.detectors, ...optional];
  return context.graph.node("decide", { reads: { policy, changed }, upstream }, async () => {
    const { joint: shift } = await detection.get(), { solves: correction } = await fit.get();
    return applyPolicy(policy!, {
      evidence: {
        shift,
        together: (await together?.get())?.values.together,
        changed,
        corrected: await correctedEvidence(task, { fit, corrected }),
      },
      costs: { correction, refinement: await refinementSolves(refined) },
    });
  });
}

/** The evidence about a corrected posterior. It does not need the truth. */
async function correctedEvidence(
  { learned, observation, problem, key }: LearnedTask,
  { fit, corrected }: { fit: Node<StoredFit>; corrected: Node<Estimate> },
) {
  const opened = await learned.open(), detectors = await learned.detectors.get();
  const judged = { problem: await problem(), observation: await observation.get() };
  const samples = (await corrected.get()).samples!;
  const weighed = { posterior: opened.posterior, ...judged, key: fold(key, "weigh") };
  const { values, absent } = joined([
    await figuresOf(["residual"], async () => ({
      residual: await detectors.residual?.(judged.problem, { observation: judged.observation, samples }),
    })),
    await figuresOf(
      ["k-hat"],
      async () => await withFit(await fit.get(), opened, (fit) => paretoShape(fit, weighed)),
    ),
  ]);
  return { ...values, absent };
}
